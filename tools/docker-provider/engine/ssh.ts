import { type ChildProcessByStdio, spawn } from "node:child_process";
import { Agent } from "node:http";
import type { Socket } from "node:net";
import { Duplex, type Readable, type Writable } from "node:stream";

const CONNECT_TIMEOUT = 30;
const STDERR_LIMIT = 2000;

/** An HTTP agent whose connections are `docker system dial-stdio` on the other side of ssh. */
export function sshAgent(url: URL, options: readonly string[]): Agent {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 2 });
  const args = sshArguments(url, options);
  Object.assign(agent, { createConnection: () => new SshConnection(args) });
  return agent;
}

/** What ssh is called with; the configuration files of ssh apply as for any other use of it. */
export function sshArguments(url: URL, options: readonly string[]): string[] {
  const remote = ["docker"];
  if (url.pathname.length > 1) remote.push("--host", `unix://${url.pathname}`);
  return [
    "-o",
    `ConnectTimeout=${CONNECT_TIMEOUT}`,
    "-T",
    ...options,
    ...(url.username ? ["-l", decodeURIComponent(url.username)] : []),
    ...(url.port ? ["-p", url.port] : []),
    "--",
    url.hostname.replace(/^\[|\]$/g, ""),
    ...remote,
    "system",
    "dial-stdio",
  ];
}

/** The standard streams of an ssh process as the socket that Node's HTTP client wants. */
class SshConnection extends Duplex {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private complaint = "";

  constructor(args: string[]) {
    super();
    this.child = spawn("ssh", args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child.on("error", (error) => this.destroy(error));
    this.child.stdin.on("error", (error) => this.destroy(error));
    this.child.stderr.on("data", (data: Buffer) => {
      this.complaint = (this.complaint + data).slice(-STDERR_LIMIT);
    });
    this.child.stdout.on("data", (data: Buffer) => {
      if (!this.push(data)) this.child.stdout.pause();
    });
    this.child.once("close", (code) => {
      if (code) this.destroy(new Error(`ssh ended with status ${code}: ${this.complaint.trim()}`));
      else this.push(null);
    });
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.child.stdin.write(chunk)) done();
    else this.child.stdin.once("drain", () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }

  // Node's HTTP client tunes the socket it is given; there is nothing to tune here.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  // An idle connection keeps no process alive, and one in use does.
  ref(): this {
    for (const handle of this.handles()) handle.ref();
    return this;
  }
  unref(): this {
    for (const handle of this.handles()) handle.unref();
    return this;
  }

  private handles(): readonly { ref(): unknown; unref(): unknown }[] {
    const { stdin, stdout, stderr } = this.child;
    // Pipes of a child process are sockets, whatever their types say.
    return [this.child, ...([stdin, stdout, stderr] as unknown[] as Socket[])];
  }
}
