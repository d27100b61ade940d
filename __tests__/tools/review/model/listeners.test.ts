import type { Service } from "../../../../tools/review/model/deployment";
import { renderedListeners } from "../../../../tools/review/model/listeners";
import { placeOf } from "../../../../tools/review/model/reach";

const service = (name: string, files: Record<string, string>): Record<string, Service> => ({
  [name]: { name, container: undefined, oneShots: [], files },
});
const lines = (services: Record<string, Service>) =>
  renderedListeners(services, []).map((one) => `${placeOf(one)}${one.tls ? " TLS" : ""}: ${one.name}`);

describe("listeners", () => {
  it("of Asterisk are those of its interfaces and transports", () => {
    const files = {
      "http.conf":
        "[general]\nenabled = yes\nbindaddr = 192.0.2.1\nbindport = 8088\ntlsenable = yes\ntlsbindaddr = 192.0.2.1:8089\n",
      "manager.conf": "[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = 5038\n[user]\nread = all\n",
      "pjsip_transports.conf":
        "[a]\ntype = transport\nprotocol = tls\nbind = 192.0.2.1:5061\n[b]\ntype = transport\nprotocol = udp\nbind = 192.0.2.1\n[c]\ntype = transport\nprotocol = ws\nbind = 192.0.2.1:1\n",
    };
    expect(lines(service("asterisk", files))).toStrictEqual([
      "TCP 192.0.2.1:8088: the HTTP server of Asterisk",
      "TCP 192.0.2.1:8089 TLS: the HTTPS server of Asterisk",
      "TCP 127.0.0.1:5038: the manager interface of Asterisk",
      "UDP and TCP 192.0.2.1:5061 TLS: the tls transport of Asterisk",
      "UDP and TCP 192.0.2.1:5060: the udp transport of Asterisk",
    ]);
  });

  it("of Asterisk are none where an interface is switched off", () => {
    expect(
      lines(
        service("asterisk", { "manager.conf": "[general]\nenabled = no\nbindaddr = 0.0.0.0\nport = 5038\n" }),
      ),
    ).toStrictEqual([]);
  });

  it("of our own services are the addresses in config.json", () => {
    const config = {
      api: { address: "::", port: 8082 },
      ami: { host: "127.0.0.1", port: 5038 },
      list: [{ address: "10.0.0.1", port: 1 }],
    };
    expect(lines(service("new-service", { "config.json": JSON.stringify(config) }))).toStrictEqual([
      "TCP [::]:8082: api of new-service",
      "TCP 10.0.0.1:1: list.0 of new-service",
    ]);
  });

  it("don't count where another is told to connect", () => {
    const services = {
      ...service("asterisk", {
        "pjsip_transports.conf": "[a]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:5060\n",
      }),
      ...service("sip-proxy", {
        "config.json": JSON.stringify({ relay: { asterisk: { address: "127.0.0.1", port: 5060 } } }),
      }),
    };
    expect(lines(services)).toStrictEqual(["UDP and TCP 127.0.0.1:5060: the udp transport of Asterisk"]);
  });
});
