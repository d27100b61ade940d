import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const RATE = 8_000;
/** Samples of a packet of 20 ms. */
const SAMPLES = 160;

/** Speaks a tone into a call: PCMU to where a session description says. */
export class Speaker {
  #sequence = 0;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly socket: Socket,
    private readonly to: { readonly address: string; readonly port: number },
    private readonly hertz: number,
  ) {
    this.#timer = setInterval(() => this.#send(), 20);
  }

  static async start(address: string, description: string, hertz: number): Promise<Speaker> {
    const host = /^c=IN IP4 (\S+)/m.exec(description)?.[1] ?? "";
    const port = Number(/^m=audio (\d+)/m.exec(description)?.[1]);
    const socket = createSocket("udp4");
    socket.bind(0, address);
    await once(socket, "listening");
    return new Speaker(socket, { address: host, port }, hertz);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.socket.close();
  }

  #send(): void {
    const packet = Buffer.alloc(12 + SAMPLES);
    packet[0] = 0x80;
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE(this.#sequence * SAMPLES, 4);
    packet.writeUInt32BE(0x5ca1ab1e, 8);
    for (let n = 0; n < SAMPLES; n++) {
      const at = (this.#sequence * SAMPLES + n) / RATE;
      packet[12 + n] = toUlaw(Math.round(8_000 * Math.sin(2 * Math.PI * this.hertz * at)));
    }
    this.#sequence++;
    this.socket.send(packet, this.to.port, this.to.address);
  }
}

/** G.711 µ-law. */
function toUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = Math.max(0, Math.floor(Math.log2(biased)) - 7);
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** How strong a frequency is in the second half of a WAV file of 8 kHz, 16 bits, mono (Goertzel). */
export function strengthOf(hertz: number, wav: Buffer): number {
  const samples = new Int16Array(
    wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + 44 + ((wav.length - 44) & ~1)),
  );
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
  let [before, last] = [0, 0];
  for (const sample of samples.subarray(samples.length / 2)) {
    [before, last] = [last, sample + coefficient * last - before];
  }
  return Math.sqrt(Math.max(0, before * before + last * last - coefficient * before * last));
}
