import { type DigestInput, digestResponse, parseAuth, supportedAlgorithm } from "../../../../lib/sip";

/** RFC 7616 3.9.1. */
const MUFASA: DigestInput = {
  algorithm: "MD5",
  username: "Mufasa",
  realm: "http-auth@example.org",
  password: "Circle of Life",
  method: "GET",
  uri: "/dir/index.html",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  qop: { value: "auth", nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" },
};

describe("digestResponse (RFC 7616 3.4.1, rule 24)", () => {
  it("3.9.1 with MD5", () => {
    expect(digestResponse(MUFASA)).toBe("8ca523f5e9506fed4657c9700eebdbec");
  });

  it("3.9.1 with SHA-256", () => {
    expect(digestResponse({ ...MUFASA, algorithm: "SHA-256" })).toBe(
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    );
  });

  it("RFC 2617 3.5 with qop", () => {
    const input: DigestInput = {
      ...MUFASA,
      realm: "testrealm@host.com",
      password: "Circle Of Life",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      qop: { value: "auth", nc: "00000001", cnonce: "0a4f113b" },
    };
    expect(digestResponse(input)).toBe("6629fae49393a05397450978507c4ef1");
  });

  it("RFC 2069 2.4 without qop (as corrected by its erratum)", () => {
    const input: DigestInput = {
      ...MUFASA,
      realm: "testrealm@host.com",
      password: "CircleOfLife",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      qop: undefined,
    };
    expect(digestResponse(input)).toBe("1949323746fe6a43ef61f9606e7febea");
  });

  it("-sess mixes nonce and cnonce into the secret", () => {
    const session = digestResponse({ ...MUFASA, algorithm: "MD5-sess" });
    expect(session).not.toBe(digestResponse(MUFASA));
    const other = { value: "auth", nc: "00000001", cnonce: "other" } as const;
    expect(digestResponse({ ...MUFASA, algorithm: "MD5-sess", qop: other })).not.toBe(session);
  });

  it("knows its algorithms in any casing, and no others", () => {
    expect(["md5", "Sha-256", "md5-SESS", "SHA-512-256", "SHA3", ""].map(supportedAlgorithm)).toEqual([
      "MD5",
      "SHA-256",
      "MD5-sess",
      "SHA-512-256",
      undefined,
      undefined,
    ]);
    expect(() => digestResponse({ ...MUFASA, algorithm: "SHA3" })).toThrow(RangeError);
  });
});

describe("parseAuth", () => {
  it("reads quoted commas, escapes, white space and empty items", () => {
    const { scheme, params } = parseAuth(
      'Digest  realm = "a, \\"b\\"" ,, NONCE=x,qop="auth,auth-int"',
      "Authorization",
    );
    expect([scheme, ...params]).toEqual([
      "Digest",
      ["realm", 'a, "b"'],
      ["nonce", "x"],
      ["qop", "auth,auth-int"],
    ]);
  });

  it.each(["", "Digest realm", "Digest =x", "Digest a=1, A=2", '"x"'])("refuses %j", (text) => {
    expect(() => parseAuth(text, "Authorization")).toThrow(
      expect.objectContaining({ code: "header-malformed", place: "Authorization" }),
    );
  });
});
