import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import type { DnRange, Environment, ForwardingMode } from "../../config";

const EXEC_DEADLINE = 15_000;

/** In a program that runs in its container: the configuration in force. */
const SIP_PROXY_CONFIG = 'JSON.parse(require("node:fs").readFileSync("/config/current/config.json", "utf8"))';

/**
 * The Docker host of an environment as `verify` sees it: through the engine only, so that it works the same for an
 * engine on this machine and for one behind ssh, where loopback listeners can't be reached from here.
 */
export class DockerHost {
  constructor(
    private readonly engine: Docker,
    private readonly environment: Environment,
  ) {}

  /** All containers of the environment, running or not. */
  public containers(): Promise<Docker.ContainerInfo[]> {
    const label = `webrtc-genesys.environment=${this.environment.name}`;
    return this.engine.listContainers({ all: true, filters: { label: [label] } });
  }

  /** A container of the environment, such as `asterisk` or `asterisk-release`; undefined when there is none. */
  public inspect(name: string): Promise<Docker.ContainerInspectInfo | undefined> {
    return unlessMissing(this.container(name).inspect());
  }

  /** What an image's name stands for; undefined when there is none. */
  public image(reference: string): Promise<Docker.ImageInspectInfo | undefined> {
    return unlessMissing(this.engine.getImage(reference).inspect());
  }

  /** What a container has changed in its own file system, as `docker diff` tells it. */
  public async changes(name: string): Promise<{ readonly Path: string; readonly Kind: number }[]> {
    // Where there are none, the engine answers null, which the client hands out as it came over the wire.
    const changes: unknown = await this.container(name).changes();
    return Array.isArray(changes) ? changes : [];
  }

  /**
   * Runs a command in the running container of a service.
   *
   * @param options.user a uid; without one, the container's own user
   * @returns what it printed on stdout
   * @throws Error with what it printed on stderr, when it fails or is late
   */
  public async exec(
    service: string,
    command: readonly string[],
    { user }: { readonly user?: string } = {},
  ): Promise<string> {
    const name = `${this.environment.name}-${service}`;
    const exec = await this.container(service)
      .exec({ Cmd: [...command], User: user, AttachStdout: true, AttachStderr: true })
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode === 404)
          throw new Error(`there is no container ${name}: deploy the environment`);
        if (error.statusCode === 409) throw new Error(`${name} does not run: docker logs ${name}`);
        throw error;
      });
    const stream = await exec.start({});
    const output = { stdout: "", stderr: "" };
    const collector = (name: "stdout" | "stderr") =>
      new PassThrough({ encoding: "utf8" }).on("data", (text: string) => {
        output[name] += text;
      });
    this.engine.modem.demuxStream(stream, collector("stdout"), collector("stderr"));
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        stream.destroy();
        reject(new Error(`'${command[0]}' in ${service} did not end within ${EXEC_DEADLINE / 1000} s`));
      }, EXEC_DEADLINE);
      stream.on("end", () => {
        clearTimeout(late);
        resolve();
      });
      stream.on("error", reject);
    });
    const { ExitCode: status } = await exec.inspect();
    if (status !== 0) {
      const said = (output.stderr || output.stdout).trim();
      throw new Error(`'${command[0]}' in ${service} ended with ${status}: ${said}`);
    }
    return output.stdout;
  }

  /** One CLI command of the running Asterisk. */
  public asterisk(command: string): Promise<string> {
    return this.exec("asterisk", ["asterisk", "-C", "/config/current/asterisk.conf", "-rx", command]);
  }

  private container(name: string): Docker.Container {
    return this.engine.getContainer(`${this.environment.name}-${name}`);
  }

  /** sip-proxy's HTTP API, asked from inside its container, where the token is: it stays there. */
  public async sipProxy(path: string, method: "GET" | "POST" = "GET"): Promise<HttpAnswer> {
    return this.fetchIn(
      "sip-proxy",
      `const { api } = ${SIP_PROXY_CONFIG};
      const url = "http://" + api.address + ":" + api.port + ${JSON.stringify(path)};
      const headers = { Authorization: "Bearer " + api.token }, method = ${JSON.stringify(method)};`,
    );
  }

  /** What sip-proxy does now: FORWARDING_MODE may have overridden the environment file, or it waits for a deploy. */
  public async forwarding(): Promise<Forwarding> {
    const program = `const { forwarding, allowedDns } = ${SIP_PROXY_CONFIG};
      console.log(JSON.stringify({ mode: forwarding ? "proxy" : "static", allowedDns }))`;
    return JSON.parse(await this.exec("sip-proxy", ["node", "-e", program]));
  }

  /** GET of an HTTP listener on the host's loopback. */
  public async get(url: string): Promise<HttpAnswer> {
    return this.fetchIn(
      "registration-monitor",
      `const url = ${JSON.stringify(url)}, headers = {}, method = "GET";`,
    );
  }

  /** @param preface declares `url`, `headers` and `method` */
  private async fetchIn(service: string, preface: string): Promise<HttpAnswer> {
    // Half as long as with fetch, which Node.js loads when it is used.
    const program = `${preface}
      require("node:http").request(url, { method, headers, signal: AbortSignal.timeout(5000) }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text) => { body += text; });
        answer.on("end", () => console.log(JSON.stringify({ status: answer.statusCode, body })));
      }).on("error", (error) => { console.error(String(error)); process.exit(1); }).end();`;
    const answer = JSON.parse(await this.exec(service, ["node", "-e", program]));
    return { status: answer.status, body: parseOrText(answer.body) };
  }
}

/** The outcome, or undefined where the engine answers that there is no such thing. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** What is in force of the environment's settings about DNs at Genesys. */
export interface Forwarding {
  readonly mode: ForwardingMode;
  readonly allowedDns: readonly DnRange[];
}

/** The status and the JSON, or else the text, that an HTTP server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
