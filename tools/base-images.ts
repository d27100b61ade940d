import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { type BaseImage, baseImages } from "../constructs/service/base-images";
import { aptInstall } from "./engine";
import { OperatorError, step } from "./progress";
import { run } from "./run";

const PULL_DEADLINE = 120_000;

/** Makes sure that the engine has the bases that images are built on: pulls them, or makes them with debootstrap. */
export async function ensureBaseImages(engine: Docker): Promise<void> {
  for (const base of Object.values(baseImages)) {
    if (await exists(engine, base.reference)) continue;
    await step(`Base image ${base.reference}`, async (show) => {
      const refusal = await pull(engine, base).then(
        () => undefined,
        (error: Error) => error,
      );
      if (refusal) {
        show(`cannot be pulled (${refusal.message}); making it with debootstrap`);
        await bootstrap(engine, base, show, refusal);
      }
    });
  }
}

async function exists(engine: Docker, reference: string): Promise<boolean> {
  return engine
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) return false;
        throw error;
      },
    );
}

async function pull(engine: Docker, base: BaseImage): Promise<void> {
  const abort = AbortSignal.timeout(PULL_DEADLINE);
  await finished(engine, await engine.pull(base.pull, { abortSignal: abort }));
  const [repo, tag] = splitReference(base.reference);
  await engine.getImage(base.pull).tag({ repo, tag });
}

async function bootstrap(
  engine: Docker,
  base: BaseImage,
  show: (line: string) => void,
  refusal: Error,
): Promise<void> {
  const way = "make it reachable, or run this as root on Debian";
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new OperatorError(
      `${base.pull} cannot be pulled (${refusal.message}) and cannot be made here: ${way}`,
    );
  }
  if (!existsSync("/usr/sbin/debootstrap")) await aptInstall(["debootstrap"], show);
  const mirror = await debianMirror();
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-base-"));
  try {
    await run("debootstrap", ["--variant=minbase", base.suite, directory, mirror], {
      deadline: 600_000,
      onLine: show,
    });
    show("importing it into the engine");
    rmSync(join(directory, "var/cache/apt"), { recursive: true, force: true });
    rmSync(join(directory, "var/lib/apt/lists"), { recursive: true, force: true });
    const tar = spawn("tar", ["-C", directory, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const [repo, tag] = splitReference(base.reference);
    const ended = once(tar, "close");
    await finished(engine, await engine.importImage(tar.stdout, { repo, tag }));
    const [status] = await ended;
    if (status !== 0) throw new OperatorError(`tar of ${directory} ended with ${status}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The mirror that apt uses here: what is reachable for this machine is reachable for its images. */
async function debianMirror(): Promise<string> {
  const release = await run("sh", ["-c", '. /etc/os-release && printf "%s" "$VERSION_CODENAME"'], {
    deadline: 5000,
  });
  const targets = await run("apt-get", ["indextargets", "--format", "$(REPO_URI) $(CODENAME) $(RELEASE)"], {
    deadline: 30_000,
  });
  const mirrors = targets.split("\n").map((line) => line.split(" "));
  const mirror = mirrors.find((words) => words.slice(1).includes(release))?.[0];
  if (!mirror)
    throw new OperatorError(`apt has no source for Debian ${release}: add one to /etc/apt/sources.list`);
  return mirror;
}

function splitReference(reference: string): [repo: string, tag: string] {
  const colon = reference.lastIndexOf(":");
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

/** Waits for the end of a long answer of the engine, and raises the error that may stand in it. */
function finished(engine: Docker, answer: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.modem.followProgress(answer, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
