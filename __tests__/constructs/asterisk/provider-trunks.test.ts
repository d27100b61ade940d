import { parseAsteriskConf } from "./asterisk-parser";
import { lines, pjsip, props, render, withTrunk } from "./call-control";

describe("a trunk", () => {
  it("has one endpoint, in a context of its own, that nobody can transfer calls from", () => {
    const files = render();
    expect(pjsip(files, "endpoint")["trunk-provider"]).toMatchObject({
      context: "from-trunk-provider",
      transport: "transport-external-udp",
      identify_by: "ip",
      allow_transfer: "no",
      media_address: "192.168.210.54",
    });
    expect(pjsip(files, "aor")["trunk-provider"]?.contact).toBe("sip:sip.provider.example");
    expect(pjsip(files, "registration")).toStrictEqual({});
    expect(pjsip(files, "auth")).toStrictEqual({});
  });

  it("answers challenges and registers for ever, where the environment says so", () => {
    const files = withTrunk({
      port: 5071,
      transport: "tcp",
      register: true,
      credentials: { username: "user@provider", secret: "trunk-provider" },
    });
    expect(pjsip(files, "auth")["trunk-provider"]).toMatchObject({
      username: "user@provider",
      password: "@{secret:trunk-provider}",
    });
    expect(pjsip(files, "endpoint")["trunk-provider"]).toMatchObject({
      outbound_auth: "trunk-provider",
      from_user: "user%40provider",
      from_domain: "sip.provider.example",
    });
    expect(pjsip(files, "registration")["trunk-provider"]).toMatchObject({
      server_uri: "sip:sip.provider.example:5071;transport=tcp",
      client_uri: "sip:user%40provider@sip.provider.example:5071",
      contact_user: "provider",
      max_retries: "1000000000",
      auth_rejection_permanent: "no",
    });
  });

  it("shows its number instead of its user name where it has one", () => {
    const files = withTrunk({ credentials: { username: "u", secret: "s" }, callerId: "+31201234567" });
    expect(pjsip(files, "endpoint")["trunk-provider"]).not.toHaveProperty("from_user");
    expect(lines(files, "by-trunk")).toContain("n,Set(CALLERID(num)=+31201234567)");
  });

  it("is listened for on the host's address, and shows the public one to whoever is not near", () => {
    expect(pjsip(render(), "transport")["transport-external-tcp"]).toStrictEqual({
      type: "transport",
      protocol: "tcp",
      bind: "192.168.210.54:5080",
    });
    const files = render({}, { host: { ...props.host, publicAddress: "203.0.113.99" } });
    expect(pjsip(files, "transport")["transport-external-udp"]).toMatchObject({
      external_signaling_address: "203.0.113.99",
      external_media_address: "203.0.113.99",
      // The last of two.
      local_net: "192.168.210.54/32",
    });
  });

  it("opens nothing where there is none, and agents can dial nothing outside", () => {
    const files = render({ trunks: [] });
    expect(Object.keys(pjsip(files, "transport"))).toStrictEqual([
      "transport-udp",
      "transport-tcp",
      "transport-ws",
    ]);
    expect(pjsip(files, "acl")).toStrictEqual({});
    expect(lines(files, "genesys-agent").join()).not.toContain("outside");
  });

  it("strangers get no challenge at: requests are taken of this host, Genesys and providers only", () => {
    const text = render()["pjsip.conf"] ?? "";
    const acl = parseAsteriskConf(text.replace(/^#include.*$/m, "")).find(
      ({ name }) => name === "known-sources",
    );
    expect(acl?.options).toStrictEqual([
      ["type", "acl"],
      ["deny", "0.0.0.0/0.0.0.0"],
      ["permit", "127.0.0.1"],
      ["permit", "127.0.0.4"],
      ["permit", "203.0.113.0/28"],
      ["permit", "198.51.100.9"],
    ]);
  });

  it.each([
    ["127.0.0.1", "has 127.0.0.1 in it, where phones or Genesys come from"],
    ["0.0.0.0/0", "has 127.0.0.1 in it, where phones or Genesys come from"],
    ["127.0.0.4/30", "has 127.0.0.4 in it, where phones or Genesys come from"],
    ["sip.provider.example", "is a host name, whose addresses Asterisk looks up only once"],
  ])("must not be known by %s", (source, reason) => {
    expect(() => withTrunk({ inboundFrom: ["192.0.2.1", source] })).toThrow(
      `callControl.trunks: inboundFrom of provider: ${source} ${reason}`,
    );
  });
});
