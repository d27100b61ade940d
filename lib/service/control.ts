import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { Health } from "./health";

/** Where a release finds a running service; both ends take CONTROL_SOCKET instead, when it is set. */
export const defaultControlSocket = "/run/control/control.sock";

const maxLine = 200;
const maxClients = 4;

export interface ControlTimeouts {
  /** Milliseconds that a client has for its request. */
  readonly request: number;
  /** Milliseconds that a reload may take. */
  readonly reload: number;
}

/** A release gives its reload hook 20 s. */
const defaultTimeouts: ControlTimeouts = { request: 2_000, reload: 15_000 };

/** What a service does when it is asked to. */
export interface Controlled {
  /** Takes the release over; the text of the error that it throws is the answer. */
  reload(hash: string): Promise<void>;
  health(): Promise<Health>;
}

/**
 * The unix socket by which a release tells a running service to take it over, and by which the engine asks how it is. A
 * client sends `reload <hash>\n` and gets `ok <hash>\n`, or `health\n` and gets `ok <what the service says>\n`; else it
 * gets `error <one line>\n`. One request per connection.
 */
export class ControlServer {
  readonly #clients = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly controlled: Controlled,
    private readonly timeouts: ControlTimeouts,
  ) {}

  /** Listens at `path`, readable by this user only; what a dead process left there is removed. */
  static async listen(
    path: string,
    controlled: Controlled,
    timeouts: ControlTimeouts = defaultTimeouts,
  ): Promise<ControlServer> {
    removeStale(path);
    const server = createServer();
    server.maxConnections = maxClients;
    const control = new ControlServer(server, controlled, timeouts);
    server.on("connection", (socket) => control.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) =>
        reject(new Error(`control socket ${path}: ${error.message} (CONTROL_SOCKET names another place)`)),
      );
      // bind(2) happens inside listen(), so nobody else can connect between the two lines.
      const umask = process.umask(0o177);
      server.listen(path, resolve);
      process.umask(umask);
    });
    chmodSync(path, 0o600);
    return control;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#clients) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#clients.delete(socket));
    const answer = (line: string) => {
      socket.setTimeout(this.timeouts.request, () => socket.destroy());
      socket.end(`${line.replace(/\s+/g, " ").slice(0, 1_000)}\n`);
    };
    readLine(socket, this.timeouts.request).then(
      async (line) => {
        try {
          answer(await this.#carryOut(line));
        } catch (error) {
          answer(`error ${error instanceof Error ? error.message : String(error)}`);
        }
      },
      (error: Error) => answer(`error ${error.message}`),
    );
  }

  async #carryOut(request: string): Promise<string> {
    if (request === "health") {
      const { healthy, reason } = await this.controlled.health();
      return `${healthy ? "ok" : "error"} ${reason}`;
    }
    const hash = /^reload ([\w.-]{1,100})$/.exec(request)?.[1];
    if (hash === undefined) throw new Error("the request is neither 'health' nor 'reload <hash>'");
    await within(this.controlled.reload(hash), this.timeouts.reload, "the reload");
    return `ok ${hash}`;
  }
}

export type ReloadAnswer =
  | { readonly outcome: "ok" }
  /** Nobody listens: the service is not running. */
  | { readonly outcome: "not-running" }
  | { readonly outcome: "error"; readonly reason: string };

/** The other end: asks the service that listens at `path` to take a release over. */
export async function requestReload(
  path: string,
  hash: string,
  milliseconds = defaultTimeouts.reload + 2_000,
): Promise<ReloadAnswer> {
  const socket = createConnection({ path });
  try {
    await within(
      new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject)),
      defaultTimeouts.request,
      `connecting to ${path}`,
    );
    socket.write(`reload ${hash}\n`);
    const line = await readLine(socket, milliseconds, 1_100);
    if (line === `ok ${hash}`) return { outcome: "ok" };
    return { outcome: "error", reason: line.replace(/^error /, "") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ECONNREFUSED") return { outcome: "not-running" };
    return { outcome: "error", reason: (error as Error).message };
  } finally {
    socket.destroy();
  }
}

function readLine(socket: Socket, milliseconds: number, limit = maxLine): Promise<string> {
  let text = "";
  socket.setEncoding("utf8");
  const line = new Promise<string>((resolve, reject) => {
    socket.on("data", (piece: string) => {
      text += piece;
      const end = text.indexOf("\n");
      if (end !== -1) resolve(text.slice(0, end).replace(/\r$/, ""));
      else if (text.length > limit) reject(new Error(`no line end within ${limit} characters`));
    });
    socket.once("error", reject);
    socket.once("end", () => reject(new Error("closed before a whole line came")));
  });
  return within(line, milliseconds, "a line on the control socket");
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`control socket ${path}: something that is no socket is there`);
  unlinkSync(path);
}

/** The promise's outcome, or an error when it takes longer. */
export async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
