import { renderKamailio } from "../../../../tools/bench/proxy/kamailio-config";

const ports = { edge: 8080, asterisk: 5060, genesys: { host: "127.0.0.2", port: 5061 } };

describe("Kamailio's configuration in the bench", () => {
  it("leaves its defaults alone where nothing is tuned", () => {
    expect(renderKamailio(ports, {})).not.toMatch(/children|tcp_rd_buf_size|_interval/);
  });

  it("sets what is tuned", () => {
    const text = renderKamailio(ports, { children: 2, readBuffer: 8192, timerInterval: 5 });
    for (const line of [
      "children=2",
      "tcp_children=2",
      "tcp_rd_buf_size=8192",
      'modparam("websocket", "timer_interval", 5)',
      'modparam("websocket", "keepalive_interval", 5)',
    ]) {
      expect(text.split("\n")).toContain(line);
    }
  });

  it("does the proxy's job: to Asterisk, and on its 200 to Genesys", () => {
    const text = renderKamailio(ports, {});
    expect(text).toContain('$du = "sip:127.0.0.1:5060"');
    expect(text).toContain('$uac_req(ruri) = "sip:127.0.0.2:5061"');
  });
});
