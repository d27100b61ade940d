import { Secrets } from "../../../constructs/service/secrets";

describe("Secrets.placeholder", () => {
  it("names the secret, never its text", () => {
    expect(Secrets.placeholder("dn/1002")).toBe("@{secret:dn/1002}");
  });

  it.each(["", "../etc/shadow", "/etc/shadow", "a//b", "a}b", "a b", ".hidden", "a/../b"])(
    "refuses %j",
    (name) => {
      expect(() => Secrets.placeholder(name)).toThrow(`secret name '${name}' is not one`);
    },
  );
});

describe("Secrets.namesIn", () => {
  it("lists each name once, sorted, from all texts", () => {
    expect(Secrets.namesIn("x=@{secret:b}", "@{secret:a/c} @{secret:b} @{release}")).toStrictEqual([
      "a/c",
      "b",
    ]);
  });
});

describe("Secrets.mount", () => {
  it("mounts one file read-only", () => {
    expect(new Secrets("/etc/webrtc/secrets").mount("ari")).toStrictEqual({
      type: "bind",
      source: "/etc/webrtc/secrets/ari",
      target: "/run/secrets/ari",
      readOnly: true,
    });
  });

  it("leaves it to Terraform to make a relative directory absolute", () => {
    expect(new Secrets(".secrets/local").mount("ari").source).toBe(
      '${abspath("${path.root}/../../../.secrets/local/ari")}',
    );
  });
});
