import { createHash } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A message as headers, in the order of the wire. */
export type Headers = readonly (readonly [name: string, value: string])[];

export interface FakeOptions {
  username?: string;
  secret?: string;
  /** Whether `Challenge` is known. */
  challenge?: boolean;
  /** Whether FullyBooted comes with the login. */
  booted?: boolean;
  greeting?: string;
}

/**
 * The manager interface of Asterisk as far as these tests need it, on a real socket. Its words and their order were
 * recorded from Asterisk 22.10.1.
 */
export class FakeAsterisk {
  /** Every action that came, in order, over all connections. */
  readonly actions: Map<string, string[]>[] = [];
  /** Answers by action, in place of the built-in ones; undefined: no answer at all. */
  readonly answers = new Map<string, ((id: string) => string) | undefined>();
  connections = 0;
  readonly options: Required<FakeOptions>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(options: FakeOptions = {}) {
    this.options = {
      username: "monitor",
      secret: "swordfish",
      challenge: true,
      booted: true,
      greeting: "Asterisk Call Manager/11.0.0",
      ...options,
    };
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get port(): number {
    return this.#port;
  }

  /** Listens; after `stop()` on the same port again. */
  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Goes away as a process does: connections break, the port refuses. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Stops reading, as a peer does that hangs: the connection stands, nothing comes back. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** Sends text to everybody who is connected. */
  send(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  event(name: string, ...headers: Headers): void {
    this.send(message(["Event", name], ["Privilege", "system,all"], ["SystemName", "test"], ...headers));
  }

  contactStatus(aor: string, uri: string, status: string, roundtrip = 0): void {
    this.event(
      "ContactStatus",
      ["URI", uri],
      ["ContactStatus", status],
      ["AOR", aor],
      ["EndpointName", aor],
      ["RoundtripUsec", String(roundtrip)],
    );
  }

  registry(dn: string, server: string, status: string): void {
    this.event(
      "Registry",
      ["ChannelType", "PJSIP"],
      ["Username", `sip:${dn}@${server}`],
      ["Domain", `sip:${server}`],
      ["Status", status],
    );
  }

  /** Names of the actions that came. */
  get actionNames(): string[] {
    return this.actions.map((action) => action.get("action")?.[0] ?? "");
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    socket.write(`${this.options.greeting}\r\n`);
    let text = "";
    const session = { challenge: "" };
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      text += piece;
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const action = headersOf(text.slice(0, end));
        text = text.slice(end + 4);
        this.actions.push(action);
        this.#answer(socket, action, session);
      }
    });
  }

  #answer(socket: Socket, action: Map<string, string[]>, session: { challenge: string }): void {
    const name = action.get("action")?.[0] ?? "";
    const id = action.get("actionid")?.[0] ?? "";
    if (this.answers.has(name)) {
      const answer = this.answers.get(name)?.(id);
      if (answer !== undefined) socket.write(answer);
      return;
    }
    const reply = (response: string, ...headers: Headers) =>
      socket.write(message(["Response", response], ["ActionID", id], ...headers));
    switch (name) {
      case "Challenge":
        session.challenge = "139201773";
        if (this.options.challenge) reply("Success", ["Challenge", session.challenge]);
        else reply("Error", ["Message", "Must specify AuthType"]);
        break;
      case "Login":
        if (!this.#knows(action, session.challenge)) reply("Error", ["Message", "Authentication failed"]);
        else {
          reply("Success", ["Message", "Authentication accepted"]);
          if (this.options.booted) socket.write(fullyBooted);
        }
        break;
      case "Ping":
        reply("Success", ["Ping", "Pong"], ["Timestamp", "1795223333.406682"]);
        break;
      case "Logoff":
        reply("Goodbye", ["Message", "Thanks for all the fish."]);
        socket.end();
        break;
      default:
        reply("Error", ["Message", "Permission denied"]);
    }
  }

  #knows(action: Map<string, string[]>, challenge: string): boolean {
    const { username, secret } = this.options;
    const key = createHash("md5").update(`${challenge}${secret}`).digest("hex");
    if (action.get("username")?.[0] !== username) return false;
    return action.get("key")?.[0] === key || action.get("secret")?.[0] === secret;
  }
}

export function message(...headers: Headers): string {
  return `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

export const fullyBooted = message(
  ["Event", "FullyBooted"],
  ["Privilege", "system,all"],
  ["Uptime", "9"],
  ["LastReload", "9"],
  ["Status", "Fully Booted"],
);

/** Waits until it holds; fails the test when it doesn't soon. */
export async function until(holds: () => boolean, milliseconds = 5_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not so within ${milliseconds} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function headersOf(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
}
