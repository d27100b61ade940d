import { randomBytes, randomInt } from "node:crypto";

/** Payload types of the offer: Opus, PCMU, PCMA, telephone events. */
const CODECS = [
  { type: 111, rtpmap: "opus/48000/2", fmtp: "minptime=10;useinbandfec=1" },
  { type: 0, rtpmap: "PCMU/8000" },
  { type: 8, rtpmap: "PCMA/8000" },
  { type: 126, rtpmap: "telephone-event/8000", fmtp: "0-16" },
];

/** Where media would be. Nothing listens there: port 9 is the discard service (RFC 863). */
const MEDIA = { address: "127.0.0.1", port: 9 };

/**
 * Session descriptions of a browser phone: audio over DTLS-SRTP with ICE (RFC 8827, RFC 8839). Well-formed, with
 * random ICE credentials and a random fingerprint behind which there is no certificate, so that calls are
 * signalled as any other and carry no sound.
 */
export class MediaSession {
  private readonly id = randomInt(2 ** 47);
  private version = 1;
  private readonly ufrag = randomBytes(4).toString("hex");
  private readonly password = randomBytes(16).toString("hex");
  private readonly fingerprint = (randomBytes(32).toString("hex").toUpperCase().match(/../g) ?? []).join(":");

  /** The offer of an INVITE. */
  public offer(): string {
    return this.description(["0"], [this.audio({ mid: "0", setup: "actpass", codecs: CODECS })]);
  }

  /**
   * The answer to an offer: its first codec that this phone knows too, and its telephone events; other media
   * refused. Throws where no audio could be agreed on.
   */
  public answer(offer: string): string {
    const media = offer.split(/^(?=m=)/m).slice(1);
    const mids: string[] = [];
    let hasAudio = false;
    const answered = media.map((section) => {
      const mid = section.match(/^a=mid:(\S+)/m)?.[1];
      const codecs = hasAudio ? [] : commonCodecs(section);
      if (codecs.length === 0) return refused(section);
      hasAudio = true;
      if (mid !== undefined) mids.push(mid);
      return this.audio({ mid, setup: "active", codecs, direction: mirrored(section) });
    });
    if (!hasAudio) throw new Error("the offer has no audio over DTLS-SRTP in a codec that this phone knows");
    return this.description(mids, answered);
  }

  private description(mids: readonly string[], media: readonly string[][]): string {
    const lines = [
      "v=0",
      `o=- ${this.id} ${this.version++} IN IP4 ${MEDIA.address}`,
      "s=-",
      "t=0 0",
      ...(mids.length > 0 ? [`a=group:BUNDLE ${mids.join(" ")}`] : []),
      ...media.flat(),
    ];
    return `${lines.join("\r\n")}\r\n`;
  }

  private audio(props: {
    mid: string | undefined;
    setup: "actpass" | "active";
    codecs: readonly Codec[];
    direction?: string;
  }): string[] {
    const { mid, setup, codecs, direction = "sendrecv" } = props;
    return [
      `m=audio ${MEDIA.port} UDP/TLS/RTP/SAVPF ${codecs.map(({ type }) => type).join(" ")}`,
      `c=IN IP4 ${MEDIA.address}`,
      `a=ice-ufrag:${this.ufrag}`,
      `a=ice-pwd:${this.password}`,
      `a=candidate:1 1 udp 2130706431 ${MEDIA.address} ${MEDIA.port} typ host`,
      "a=end-of-candidates",
      `a=fingerprint:sha-256 ${this.fingerprint}`,
      `a=setup:${setup}`,
      ...(mid === undefined ? [] : [`a=mid:${mid}`]),
      `a=${direction}`,
      "a=rtcp-mux",
      ...codecs.flatMap(({ type, rtpmap, fmtp }) => [
        `a=rtpmap:${type} ${rtpmap}`,
        ...(fmtp === undefined ? [] : [`a=fmtp:${type} ${fmtp}`]),
      ]),
    ];
  }
}

interface Codec {
  readonly type: number;
  readonly rtpmap: string;
  readonly fmtp?: string;
}

/** The first known codec of an audio section, under the payload type that the offer gave it, and its telephone events. */
function commonCodecs(section: string): Codec[] {
  const line = section.match(/^m=audio [1-9]\d* UDP\/TLS\/RTP\/SAVPF?((?: \d+)+)/);
  if (!line) return [];
  const offered = (line[1] ?? "")
    .trim()
    .split(" ")
    .map((text) => {
      const type = Number(text);
      const mapped = section.match(new RegExp(`^a=rtpmap:${type} (\\S+)`, "m"))?.[1];
      const known = CODECS.find(({ rtpmap, type: own }) =>
        mapped === undefined ? own === type && own < 96 : rtpmap.toLowerCase() === mapped.toLowerCase(),
      );
      return known && { ...known, type };
    });
  const codecs = offered.filter((codec) => codec !== undefined);
  const isEvents = ({ rtpmap }: Codec) => rtpmap.startsWith("telephone-event");
  const voice = codecs.find((codec) => !isEvents(codec));
  return voice ? [voice, ...codecs.filter(isEvents).slice(0, 1)] : [];
}

/** A media section that is not wanted keeps its line, with port 0 (RFC 3264 6). */
function refused(section: string): string[] {
  return [(section.split(/\r?\n/)[0] ?? "").replace(/^(m=\S+) \d+/, "$1 0"), `c=IN IP4 ${MEDIA.address}`];
}

/** RFC 3264 6.1: who is only sent to only receives. */
function mirrored(section: string): string {
  const direction = section.match(/^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m)?.[1] ?? "sendrecv";
  return { sendonly: "recvonly", recvonly: "sendonly" }[direction] ?? direction;
}
