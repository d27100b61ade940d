import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Environment } from "../../../config";
import { OperatorError } from "../../progress";
import type { Mode } from "./environment";

/**
 * What a switch means where it is done by hand: the files that differ, and who has to be restarted for them. Without
 * sip-proxy, nobody would register the DNs in proxy mode.
 */
const EDITED = { nginx: "nginx.conf", asterisk: "pjsip.conf", "sip-proxy": "config.json" };

type Service = keyof typeof EDITED;

const services = Object.keys(EDITED) as Service[];

/** Milliseconds. */
const HEALTHY_DEADLINE = 120_000;

/** The way of old: files are edited in place, and what reads them is restarted. */
export class ByHand {
  constructor(
    private readonly engine: Docker,
    private readonly environment: Environment,
  ) {}

  /** Keeps what is in force, for edits to come: as an operator has both files at hand. */
  async keep(mode: Mode): Promise<void> {
    for (const service of services) {
      const place = `/config/by-hand/${mode}`;
      await this.inVolume(service, `mkdir -p ${place} && cp -p /config/current/${EDITED[service]} ${place}/`);
    }
  }

  /** Edits and restarts, as fast as a script can. Ends when all are healthy again. */
  async switchTo(mode: Mode): Promise<void> {
    for (const service of services) {
      const file = EDITED[service];
      await this.inVolume(service, `cat /config/by-hand/${mode}/${file} > /config/current/${file}`);
    }
    // As `docker restart` does with several.
    for (const service of services) await this.container(service).restart({ t: 20 });
    const end = Date.now() + HEALTHY_DEADLINE;
    for (const service of services) {
      while ((await this.container(service).inspect()).State.Health?.Status !== "healthy") {
        if (Date.now() > end) throw new OperatorError(`${service} is not healthy again within 120 s`);
        await sleep(100);
      }
    }
  }

  private container(service: Service): Docker.Container {
    return this.engine.getContainer(`${this.environment.name}-${service}`);
  }

  /** Runs a shell line as root in a container that has the service's configuration: the service can't write there. */
  private async inVolume(service: Service, line: string): Promise<void> {
    const { Config } = await this.container(service).inspect();
    const output = new PassThrough();
    const options = {
      Entrypoint: ["sh"],
      User: "0",
      HostConfig: {
        AutoRemove: true,
        NetworkMode: "none",
        Binds: [`${this.environment.name}-${service}-config:/config`],
      },
    };
    const [{ StatusCode: status }] = await this.engine.run(Config.Image, ["-c", line], output, options);
    if (status !== 0) throw new OperatorError(`'${line}' for ${service}: ${output.read() ?? status}`);
  }
}
