import { encodeHep } from "../../../../assets/sip-proxy/src/hep/encoder";
import { mask } from "../../../../assets/sip-proxy/src/hep/mask";
import { decodeHep } from "../support/hep";

const capture = { id: 4_000_000_000, at: 1_700_000_000_123 };
const payload = Buffer.from("OPTIONS sip:a@b SIP/2.0\r\n\r\n");

describe("a HEP 3 packet", () => {
  it("over IPv4 and UDP", () => {
    const from = { address: "192.0.2.1", port: 5060 };
    const to = { address: "127.0.0.2", port: 65_535 };
    const bytes = encodeHep({ from, to, protocol: "UDP", bytes: payload }, payload, "call@1", {
      ...capture,
      password: "sécret",
    });
    expect(bytes.subarray(0, 4).toString()).toBe("HEP3");
    expect(bytes.readUInt16BE(4)).toBe(bytes.length);
    expect(decodeHep(bytes)).toEqual({
      family: 2,
      protocol: 17,
      from: "192.0.2.1:5060",
      to: "127.0.0.2:65535",
      at: 1_700_000_000_123,
      type: 1,
      captureId: 4_000_000_000,
      password: "sécret",
      correlationId: "call@1",
      payload: payload.toString(),
    });
  });

  it("over IPv6 and TCP, without a password and without a Call-ID", () => {
    const from = { address: "2001:db8::1:20", port: 1 };
    const to = { address: "fe80::1%eth0", port: 2 };
    const bytes = encodeHep({ from, to, protocol: "TCP", bytes: payload }, payload, "", capture);
    const decoded = decodeHep(bytes);
    expect(decoded).toMatchObject({
      family: 10,
      protocol: 6,
      from: "2001:db8:0:0:0:0:1:20:1",
      to: "fe80:0:0:0:0:0:0:1:2",
    });
    expect(decoded).not.toHaveProperty("password");
    expect(decoded).not.toHaveProperty("correlationId");
  });

  it("writes IPv4 as IPv6 where the other end is IPv6, and a name as 0.0.0.0", () => {
    const packet = (from: string, to: string) =>
      decodeHep(
        encodeHep(
          { from: { address: from, port: 1 }, to: { address: to, port: 2 }, protocol: "TCP", bytes: payload },
          payload,
          "",
          capture,
        ),
      );
    expect(packet("192.0.2.33", "::1")).toMatchObject({
      from: "0:0:0:0:0:ffff:c000:221:1",
      to: "0:0:0:0:0:0:0:1:2",
    });
    expect(packet("192.0.2.1", "genesys.example")).toMatchObject({ family: 2, to: "0.0.0.0:2" });
  });
});

describe("credentials", () => {
  const masked = (text: string) => mask(Buffer.from(text, "latin1")).payload.toString("latin1");

  it("are masked with the lines that continue them, in any casing; nothing else changes", () => {
    const text = [
      "REGISTER sip:b SIP/2.0",
      'authorization : Digest username="1002",',
      ' response="5ecret",',
      '\tcnonce="5ecret"',
      "Call-ID: c1 ",
      'Proxy-Authorization: Digest response="5ecret"',
      "X-Authorization: stays",
      "",
      "Authorization: of the body stays\xe9",
    ].join("\r\n");
    expect(masked(text)).toBe(
      [
        "REGISTER sip:b SIP/2.0",
        "authorization : ***",
        "Call-ID: c1 ",
        "Proxy-Authorization: ***",
        "X-Authorization: stays",
        "",
        "Authorization: of the body stays\xe9",
      ].join("\r\n"),
    );
  });

  it.each([
    ["Call-ID: a@b", "a@b"],
    ["i:a", "a"],
    ["X-Call-ID: a", ""],
  ])("the Call-ID is found in %s", (line, callId) => {
    expect(mask(Buffer.from(`OPTIONS a SIP/2.0\r\n${line}\r\n\r\nCall-ID: body`)).callId).toBe(callId);
  });
});
