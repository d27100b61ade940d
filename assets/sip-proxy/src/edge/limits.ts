import { z } from "zod";

/** Every bound of the WebSocket edge, with its default. */
export const limitsSchema = z.strictObject({
  /** Bytes of one message, either direction. */
  messageBytes: z.int().min(1024).max(1_048_576).default(65_536),
  /** Unsent bytes for one socket, either direction; the slow side is closed above it, never buffered without end. */
  unsentBytes: z.int().min(16_384).max(16_777_216).default(262_144),
  /** Bytes kept of a client while its socket to Asterisk is being opened. */
  pendingBytes: z.int().min(1024).max(1_048_576).default(65_536),
  /** Messages of one client in a second. */
  messagesPerSecond: z.int().min(1).max(100_000).default(100),
  /** Milliseconds that a client has for the HTTP headers of its handshake. */
  handshakeMs: z.int().min(100).max(60_000).default(10_000),
  /** Milliseconds from the handshake to the first SIP message. */
  firstMessageMs: z.int().min(100).max(120_000).default(20_000),
  /** Milliseconds without a sign of life, after which a client is asked (ping), and after as many more closed. */
  silenceMs: z.int().min(1000).max(600_000).default(25_000),
  /** Client sockets in all. */
  sockets: z.int().min(1).max(100_000).default(12_000),
  /** Client sockets of one address (an office behind one NAT is one address). */
  socketsPerAddress: z.int().min(1).max(100_000).default(1000),
  /** WebSocket handshakes with Asterisk under way at a time: its listen backlog is 10. */
  opening: z.int().min(1).max(100).default(5),
  /** Clients that wait for their turn to be connected to Asterisk. */
  waiting: z.int().min(1).max(100_000).default(12_000),
  /** Requests with a wrong password in a minute, after which an address has to wait. */
  guessesPerMinute: z.int().min(1).max(1000).default(10),
  /** Seconds for which such an address is refused. */
  guessPenaltySeconds: z.int().min(1).max(86_400).default(60),
  /** Milliseconds that a client waits for its turn, and again for Asterisk's answer to the handshake. */
  openMs: z.int().min(100).max(120_000).default(15_000),
});

export type EdgeLimits = z.output<typeof limitsSchema>;
