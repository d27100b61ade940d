import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { baseImages } from "../../../constructs/service/base-images";
import { ensureBaseImages } from "../../base-images";
import { OperatorError, step } from "../../progress";
import type { Contender, Running } from "./contender";
import type { FieldPorts } from "./field";
import { type KamailioTuning, renderKamailio } from "./kamailio-config";
import { familyOf, freePort, listening, PROXY_CORE, pinned } from "./processes";

const IMAGE = "webrtc-genesys/bench-kamailio";

/** Seconds after which a Kamailio that was left behind ends by itself. */
const LIFETIME = 1_800;

/**
 * Makes the image: Debian's packages on the base that Asterisk is built on too, so that it is the same Kamailio on
 * every machine and nothing of it is left on this one.
 */
export async function installKamailio(engine: Docker): Promise<string> {
  await ensureBaseImages(engine);
  return step("Kamailio from Debian's packages", async (show) => {
    const answer = await engine.buildImage(
      { context: join(__dirname, "kamailio"), src: ["Dockerfile"] },
      { t: IMAGE, networkmode: "host", buildargs: { BASE: baseImages.sid.reference } },
    );
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(
        answer,
        (error: Error | null) => (error ? reject(error) : resolve()),
        ({ stream }: { stream?: string }) => show(stream ?? ""),
      );
    });
    return versionOf(engine);
  });
}

async function versionOf(engine: Docker): Promise<string> {
  const container = await engine.createContainer({ Image: IMAGE, Entrypoint: ["kamailio", "-v"], Tty: true });
  try {
    await container.start();
    await container.wait();
    const output = (await container.logs({ stdout: true })).toString();
    return /kamailio (\d\S*)/.exec(output)?.[1] ?? "of an unknown version";
  } finally {
    await container.remove({ force: true });
  }
}

/** @param options command-line options beyond the configuration file */
export function kamailio(
  engine: Docker,
  name: string,
  tuning: KamailioTuning,
  options: readonly string[],
): Contender {
  return {
    name,
    async start(field: FieldPorts): Promise<Running> {
      const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-kamailio-"));
      const edge = await freePort("127.0.0.1");
      const genesys = { host: "127.0.0.2", port: field.genesys };
      const file = join(directory, "kamailio.cfg");
      writeFileSync(file, renderKamailio({ edge, asterisk: field.udp, genesys }, tuning));
      const container = await engine.createContainer({
        name: `bench-kamailio-${process.pid}-${edge}`,
        Image: IMAGE,
        Cmd: [...options, "-f", "/bench/kamailio.cfg"],
        Entrypoint: ["timeout", String(LIFETIME), "kamailio", "-DD", "-E"],
        HostConfig: {
          NetworkMode: "host",
          // As the first process of a container, neither timeout nor Kamailio would get signals or orphans right.
          Init: true,
          AutoRemove: true,
          Binds: [`${directory}:/bench:ro`],
          // As fast as on the machine itself: no filter on system calls.
          SecurityOpt: ["seccomp=unconfined"],
          ...(pinned ? { CpusetCpus: String(PROXY_CORE) } : {}),
        },
      });
      const interrupted = () => void end().then(() => process.exit(130));
      process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
      const end = async () => {
        process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
        await container.kill().catch(() => undefined);
        rmSync(directory, { recursive: true, force: true });
      };
      let output = "";
      try {
        const stream = await container.attach({ stream: true, stdout: true, stderr: true });
        stream.on("data", (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-2_000);
        });
        await container.start();
        await listening("127.0.0.1", edge, name);
        const { State } = await container.inspect();
        return { pids: familyOf(State.Pid), port: edge, stop: end };
      } catch (error) {
        await end();
        throw new OperatorError(`${(error as Error).message}\n${output}`);
      }
    },
  };
}
