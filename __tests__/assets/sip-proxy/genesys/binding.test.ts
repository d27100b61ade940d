import { aorOf, contactOf } from "../../../../assets/sip-proxy/src/genesys/binding";
import { loadEnvironment } from "../../../../config";
import { renderAsteriskFiles } from "../../../../constructs/asterisk/files";

describe("what a DN is called at Genesys", () => {
  it.each([
    ["192.0.2.81", 5060, "sip:1002@192.0.2.81"],
    ["192.0.2.81", 5062, "sip:1002@192.0.2.81:5062"],
    ["sip.example", 5060, "sip:1002@sip.example"],
  ])("at %s port %d is the same in Asterisk's file", (host, port, aor) => {
    expect(aorOf("1002", { host, port })).toBe(aor);
    const { environment } = loadEnvironment("environments/local.yaml", {});
    const servers = [{ host, port, transport: "udp" as const }];
    const files = renderAsteriskFiles({ ...environment, genesys: { ...environment.genesys, servers } });
    expect(files["pjsip.conf"]).toContain(`client_uri = ${aor}\n`);
  });

  it("leads to the relay, by the protocol that the server speaks", () => {
    expect(contactOf("1002", { address: "192.0.2.54", port: 5070 }, "udp")).toBe("sip:1002@192.0.2.54:5070");
    expect(contactOf("1002", { address: "2001:db8::54", port: 5060 }, "tcp")).toBe(
      "sip:1002@[2001:db8::54]:5060;transport=tcp",
    );
  });
});
