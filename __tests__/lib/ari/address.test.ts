import fc from "fast-check";
import { query, readAddress, route } from "../../../lib/ari/address";

describe("the address of ARI", () => {
  it.each([
    ["http://127.0.0.1:8088", "http://127.0.0.1:8088/ari"],
    ["http://127.0.0.1:8088/", "http://127.0.0.1:8088/ari"],
    ["http://127.0.0.1:8088/ari", "http://127.0.0.1:8088/ari"],
    ["http://127.0.0.1:8088/ari/", "http://127.0.0.1:8088/ari"],
    ["http://127.0.0.1:8088//ari//", "http://127.0.0.1:8088/ari"],
    ["http://edge.example/asterisk", "http://edge.example/asterisk/ari"],
    ["http://edge.example/asterisk/ari", "http://edge.example/asterisk/ari"],
    ["http://edge.example/safari", "http://edge.example/safari/ari"],
    ["http://[::1]:8088", "http://[::1]:8088/ari"],
  ])("%s is %s", (text, url) => {
    expect(readAddress(text).url).toBe(url);
  });

  it("has host, port and base for a request", () => {
    expect(readAddress("http://[::1]:8088/ari")).toMatchObject({ host: "::1", port: 8088, base: "/ari" });
    expect(readAddress("http://edge.example")).toMatchObject({
      host: "edge.example",
      port: 80,
      base: "/ari",
    });
  });

  it("that was read once is the same when it's read again", () => {
    const path = fc.array(fc.constantFrom("ari", "asterisk", "", "x y"), { maxLength: 4 });
    fc.assert(
      fc.property(path, (segments) => {
        const { url } = readAddress(`http://127.0.0.1:8088/${segments.join("/")}`);
        expect(readAddress(url).url).toBe(url);
        expect(url.endsWith("/ari")).toBe(true);
      }),
    );
  });

  it.each([
    ["127.0.0.1:8088", 'url "127.0.0.1:8088": is no address such as http://127.0.0.1:8088'],
    ["localhost:8088", 'url "localhost:8088": is no address such as http://127.0.0.1:8088'],
    ["ws://127.0.0.1:8088", 'url "ws://127.0.0.1:8088": is no address such as http://127.0.0.1:8088'],
    ["", 'url "": is no address such as http://127.0.0.1:8088'],
    ["http://h/ari?app=x", 'url "http://h/ari?app=x": must end with its path'],
  ])("%j is refused in words", (text, message) => {
    expect(() => readAddress(text)).toThrow(expect.objectContaining({ code: "ARI_VALUE", message }));
  });

  it("with a password in it is refused, and not repeated", () => {
    for (const text of ["http://webrtc:swordfish@127.0.0.1:8088", "webrtc:swordfish@127.0.0.1"]) {
      expect(() => readAddress(text)).toThrow("user and password are options of their own");
      expect(() => readAddress(text)).not.toThrow("swordfish");
    }
  });
});

describe("a path", () => {
  /** As Asterisk reads it: split at slashes, then decoded, with a plus for a blank (res_ari.c, ast_uri_http_legacy). */
  const asteriskReads = (path: string) =>
    path.split("/").map((segment) => decodeURIComponent(segment.replaceAll("+", " ")));

  const value = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
    .filter((text) => !/\p{Cc}/u.test(text) && ![".", ".."].includes(text));

  it("has each value as one segment, which Asterisk reads as it was", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const path = route`/channels/${a}/play/${b}`;
        expect(path).toMatch(/^[\x21-\x7e]+$/);
        expect(asteriskReads(path)).toStrictEqual(["", "channels", a, "play", b]);
      }),
    );
  });

  it("keeps slashes, blanks, plus and per cent of a name within its segment", () => {
    expect(route`/recordings/stored/${"a/b c+d%2F"}/file`).toBe("/recordings/stored/a%2Fb%20c%2Bd%252F/file");
  });

  it.each([
    ["", "value after /channels/: is empty"],
    [".", 'value after /channels/: "." can\'t be a name'],
    ["..", 'value after /channels/: ".." can\'t be a name'],
    ["a\0b", "value after /channels/: has a control character"],
    ["a\nb", "value after /channels/: has a control character"],
    ["a\ud800", "value after /channels/: is no Unicode text"],
  ])("refuses %j, which would name something else", (text, message) => {
    expect(() => route`/channels/${text}`).toThrow(expect.objectContaining({ code: "ARI_VALUE", message }));
  });
});

describe("a query", () => {
  it("says what it was given, whatever the characters", () => {
    const text = fc.string({ unit: "grapheme" }).filter((one) => !/\p{Cc}/u.test(one));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [, pairs = ""] = query({ a, b, c: undefined }).split("?");
        const read = pairs.split("&").map((pair) => {
          const [name = "", value = ""] = pair.split("=");
          return [name, decodeURIComponent(value.replaceAll("+", " "))];
        });
        expect(read).toStrictEqual([
          ["a", a],
          ["b", b],
        ]);
      }),
    );
  });

  it("is left out when there is nothing in it, and refuses control characters", () => {
    expect(query({})).toBe("");
    expect(query({ reason: undefined })).toBe("");
    expect(query({ timeout: -1, all: true })).toBe("?timeout=-1&all=true");
    expect(() => query({ variable: "a\0b" })).toThrow("parameter variable: has a control character");
  });
});
