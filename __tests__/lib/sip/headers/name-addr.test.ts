import { NameAddr } from "../../../../lib/sip";

describe("NameAddr (RFC 3261 20.10)", () => {
  it.each([
    ['"A. G. Bell" <sip:agb@bell.com>;tag=a48s', "A. G. Bell", "sip:agb@bell.com", "a48s"],
    [
      "sip:+12125551212@server.phone2net.com;tag=887s",
      undefined,
      "sip:+12125551212@server.phone2net.com",
      "887s",
    ],
    ["Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "sip:c8oqz84zk7z@privacy.org", "hyh8"],
    ['"Mr. \\"W\\", \\\\" <mailto:watson@bell>', 'Mr. "W", \\', "mailto:watson@bell", undefined],
    ["<sip:a,b?c@d;e=f>", undefined, "sip:a,b?c@d;e=f", undefined],
    ["caller<sip:x@y>;tag=323", "caller", "sip:x@y", "323"],
    ['"" <sip:x@y>', "", "sip:x@y", undefined],
  ])("reads %s", (text, displayName, uri, tag) => {
    const value = NameAddr.parse(text, "From");
    expect([value.displayName, value.uri, value.tag]).toEqual([displayName, uri, tag]);
  });

  it.each([
    '"open <sip:a@b>',
    '"a" sip:a@b',
    "Bell, Alexander <sip:a@b>",
    "< sip:a@b >",
    "<sip:a@b",
    "<>",
    "sip:a@b?x=y",
    "sip:a@b,c",
    "no-colon",
    "",
    "<sip:a@b>;;",
    "<sip:a@b> junk",
  ])("refuses %j", (text) => {
    expect(() => NameAddr.parse(text, "To")).toThrow(
      expect.objectContaining({ code: "header-malformed", place: "To" }),
    );
  });

  it("renders with brackets and quotes, and keeps parameters as written", () => {
    const value = NameAddr.parse('"Doe, \\"J\\"" <sip:j@x>;+sip.instance="<urn:uuid:1>";reg-id=1', "Contact");
    expect(value.withParam("expires", "60").toString()).toBe(
      '"Doe, \\"J\\"" <sip:j@x>;+sip.instance="<urn:uuid:1>";reg-id=1;expires=60',
    );
  });

  it("takes a malformed expires as absent (10.3)", () => {
    expect(NameAddr.parse("<sip:a@b>;expires=60", "Contact").expires).toBe(60);
    expect(NameAddr.parse("<sip:a@b>;expires=soon", "Contact").expires).toBeUndefined();
    expect(NameAddr.parse("<sip:a@b>", "Contact").expires).toBeUndefined();
  });
});
