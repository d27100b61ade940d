import { once } from "node:events";
import type { Socket } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import type Docker from "dockerode";
import { OperatorError } from "./progress";

/** Milliseconds; a release that goes on meanwhile is waited for. */
const DEADLINE = 60_000;

/** There is no database to ask: the environment has never been deployed, or was destroyed. */
export class NotDeployed extends OperatorError {}

/** What is asked: the command of the container, and the operator's own that tells what became of it. */
export interface DatabaseRequest {
  readonly command: "dns" | "keys";
  readonly request: { readonly what: string };
  /** As in "npm run dn -- list". */
  readonly lookBy: string;
}

/**
 * The database of a running environment.
 *
 * Postgres has no superuser password and nothing to run programs with: a request is carried out by a container that
 * lives as long as it takes, of the image and with the socket of the last deploy's database release. It has no network
 * and no secrets, and gets the request on stdin.
 */
export class DatabaseRequests {
  constructor(
    private readonly engine: Docker,
    private readonly environment: string,
  ) {}

  /**
   * @returns the answer, as it came
   * @throws NotDeployed, or OperatorError that says why the request was not carried out; then nothing was changed,
   *   but for an answer that did not come in time
   */
  public async ask({ command, request, lookBy }: DatabaseRequest): Promise<unknown> {
    const container = await this.container(command);
    const output = { stdout: "", stderr: "" };
    let stream: Duplex | undefined;
    try {
      stream = (await container.attach({
        ...{ stream: true, hijack: true },
        ...{ stdin: true, stdout: true, stderr: true },
      })) as Duplex;
      // The client's timeout is about its requests, and the connection is ours now.
      (stream as Partial<Socket>).setTimeout?.(0);
      const collect = (name: "stdout" | "stderr") =>
        new PassThrough({ encoding: "utf8" }).on("data", (text: string) => {
          output[name] += text;
        });
      this.engine.modem.demuxStream(stream, collect("stdout"), collect("stderr"));
      const ended = once(stream, "end", { signal: AbortSignal.timeout(DEADLINE) });
      await Promise.all([ended, container.start().then(() => stream?.write(`${JSON.stringify(request)}\n`))]);
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
      const late = `${this.environment}'s database did not answer within ${DEADLINE / 1000} s`;
      throw new OperatorError(`${late}: ${lookBy} says what is there`);
    } finally {
      stream?.destroy();
      // It is removed by itself when it has ended, which takes a moment.
      await container.remove({ force: true }).catch(() => undefined);
      await container.wait({ condition: "removed" }).catch(() => undefined);
    }
    return this.answer(command, output);
  }

  private async container(command: string): Promise<Docker.Container> {
    const name = `${this.environment}-database-release`;
    const release = await this.engine
      .getContainer(name)
      .inspect()
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error;
        throw new NotDeployed(`${this.environment} is not deployed: there is no container ${name}`);
      });
    const socket = release.Mounts.find(({ Destination }) => Destination === "/run/control");
    if (!socket?.Name) throw new OperatorError(`${name} has no volume at /run/control: deploy again`);
    return this.engine.createContainer({
      Image: release.Image,
      Entrypoint: release.Config.Entrypoint,
      Cmd: [command],
      Env: release.Config.Env,
      User: "0",
      Labels: { "webrtc-genesys.environment": this.environment },
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, OpenStdin: true, StdinOnce: true },
      HostConfig: {
        AutoRemove: true,
        NetworkMode: "none",
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        Memory: 256 << 20,
        MemorySwap: 256 << 20,
        PidsLimit: 64,
        LogConfig: { Type: "none", Config: {} },
        Mounts: [{ Type: "volume", Source: socket.Name, Target: "/run/control" }],
      },
    });
  }

  private answer(command: string, output: { readonly stdout: string; readonly stderr: string }): unknown {
    try {
      return JSON.parse(output.stdout);
    } catch {
      const said = (output.stderr || output.stdout).trim();
      if (said.includes(`Unexpected argument '${command}'`) || said.includes(`'${command}' is no command`)) {
        throw new OperatorError(`${this.environment} runs a release that can't do this yet: deploy it again`);
      }
      throw new OperatorError(`${this.environment}'s database refuses: ${said || "it said nothing"}`);
    }
  }
}
