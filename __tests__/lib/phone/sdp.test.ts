import { MediaSession } from "../../../lib/phone";

const lines = (sdp: string) => sdp.split("\r\n");

/** An offer as a browser library or Asterisk makes one. */
const OFFER = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=Asterisk",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "a=group:BUNDLE audio-0",
  "m=audio 20000 UDP/TLS/RTP/SAVPF 8 0 101",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=mid:audio-0",
  "a=setup:actpass",
  "m=video 20002 UDP/TLS/RTP/SAVPF 96",
  "a=mid:video-1",
  "",
].join("\r\n");

describe("MediaSession.offer", () => {
  it("has what a WebRTC peer looks for", () => {
    const offer = new MediaSession().offer();
    expect(offer.endsWith("\r\n")).toBe(true);
    for (const needed of [
      /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 111 0 8 126$/,
      /^a=group:BUNDLE 0$/,
      /^a=mid:0$/,
      /^a=setup:actpass$/,
      /^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$/,
      // RFC 8839 5.4: 4 to 256, and 22 to 256 characters.
      /^a=ice-ufrag:[0-9a-f]{8}$/,
      /^a=ice-pwd:[0-9a-f]{32}$/,
      /^a=candidate:1 1 udp \d+ 127\.0\.0\.1 9 typ host$/,
      /^a=rtcp-mux$/,
      /^a=sendrecv$/,
    ]) {
      expect(lines(offer)).toContainEqual(expect.stringMatching(needed));
    }
  });

  it("is never the same twice", () => {
    const keys = (sdp: string) => lines(sdp).filter((line) => /^a=(fingerprint|ice)/.test(line));
    expect(keys(new MediaSession().offer())).not.toEqual(keys(new MediaSession().offer()));
  });
});

describe("MediaSession.answer", () => {
  it("takes the first codec and the events under the offer's numbers, and refuses the rest (RFC 3264 6)", () => {
    const answer = lines(new MediaSession().answer(OFFER));
    expect(answer.filter((line) => line.startsWith("m="))).toEqual([
      "m=audio 9 UDP/TLS/RTP/SAVPF 8 101",
      "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ]);
    expect(answer).toEqual(
      expect.arrayContaining([
        "a=group:BUNDLE audio-0",
        "a=mid:audio-0",
        "a=setup:active",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
      ]),
    );
  });

  it.each([
    ["sendonly", "recvonly"],
    ["recvonly", "sendonly"],
    ["inactive", "inactive"],
  ])("mirrors %s as %s", (offered, answered) => {
    const answer = new MediaSession().answer(OFFER.replace("a=mid:audio-0", `a=mid:audio-0\r\na=${offered}`));
    expect(lines(answer)).toContain(`a=${answered}`);
  });

  it("answers its own offer", () => {
    expect(new MediaSession().answer(new MediaSession().offer())).toContain(
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 126",
    );
  });

  it.each([
    ["no audio", OFFER.replace("m=audio 20000", "m=audio 0")],
    ["plain RTP", OFFER.replace("m=audio 20000 UDP/TLS/RTP/SAVPF", "m=audio 20000 RTP/AVP")],
    ["codecs that nobody knows", OFFER.replace(/PCM[AU]/g, "G729")],
    ["nothing", ""],
  ])("refuses an offer with %s", (_what, offer) => {
    expect(() => new MediaSession().answer(offer)).toThrow(
      "the offer has no audio over DTLS-SRTP in a codec",
    );
  });
});
