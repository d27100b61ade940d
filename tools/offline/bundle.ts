import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../../package.json";
import { environmentNamed, root } from "../arguments";
import { ensureBaseImages } from "../base-images";
import { colors } from "../colors";
import { ensureEngine } from "../engine";
import { OperatorError, runCommand, step } from "../progress";
import { inTemporaryDirectory } from "../review/temporary";
import { run } from "../run";
import { choose } from "../with-provider";
import { engineFor, layersOf, mebibytes, saveImages } from "./engine-images";
import { fillNpmCache, installedPackages } from "./npm-cache";
import * as parts from "./parts";
import { mirrorProvider } from "./provider";
import { provideHere } from "./service-images";
import { needsOf } from "./stack-images";

const USAGE = "usage: npm run bundle -- <environment> [--build]";
const DEADLINE = 10 * 60_000;

/**
 * Makes one archive of everything that bin/up needs for an environment on a machine without a network: the project at
 * this commit, and in its offline/ the images, npm's packages and Terraform's provider (docs/offline.md).
 */
runCommand(async () => {
  const { name, fromHere } = readOptions();
  const environment = environmentNamed(name);
  const commit = await cleanCommit();
  const packages = installedPackages();
  if (fromHere && environment.images.source === "build") {
    throw new OperatorError(`--build is for images of a registry: those of '${name}' are built anyway`);
  }
  // Images are made here, wherever the environment's own engine is.
  const docker = { host: "unix:///var/run/docker.sock" };
  const dockerode = await ensureEngine({ ...environment, docker });
  if (fromHere || environment.images.source === "build") await ensureBaseImages(dockerode);
  mkdirSync(join(root, ".cache"), { recursive: true });
  const engine = engineFor({ docker });
  try {
    return await inTemporaryDirectory(
      async (directory) => {
        const top = `webrtc-genesys-${name}-${version}-${commit.hash.slice(0, 7)}`;
        const project = join(directory, "archive", top);
        const offline = join(project, "offline");
        mkdirSync(offline, { recursive: true });

        const names = await provideHere(engine, environment, fromHere);
        await step(`Images: save ${names.length}`, (show) =>
          saveImages(engine, names, join(offline, parts.IMAGES), show),
        );
        await step(`npm packages: ${packages.length}`, async (show) => {
          const cache = join(directory, "npm-cache");
          await fillNpmCache(packages, cache, show);
          await tar(join(offline, parts.NPM_CACHE), cache, ["_cacache"], 0);
        });
        const provider = (await choose(process.env)) === "registry" ? "registry" : "builtin";
        if (provider === "registry") {
          const wanted = needsOf(environment).provider;
          await step(`Terraform provider ${wanted.source} ${wanted.version}`, async (show) => {
            const workspace = join(directory, "terraform");
            mkdirSync(workspace);
            await mirrorProvider(wanted, join(offline, parts.PROVIDERS), workspace, show);
          });
        }
        const images = await Promise.all(
          names.map(async (name) => ({ name, layers: (await layersOf(engine, name)) ?? "" })),
        );
        const file = `${top}.tar`;
        await step(`Archive ${file}`, async (show) => {
          show("the project");
          const sources = join(directory, "project.tar");
          await git("archive", "--format=tar", `--output=${sources}`, commit.hash);
          await run("tar", ["--extract", `--file=${sources}`, `--directory=${project}`], {
            deadline: DEADLINE,
          });
          const manifest: parts.Manifest = {
            ...{ format: 1, environment: name, version, commit: commit.hash },
            ...{ architecture: parts.architecture, provider, images, project: await projectFiles(project) },
          };
          writeFileSync(join(offline, parts.MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
          show("checksums");
          writeFileSync(join(offline, parts.SUMS), await sumsOf(offline));
          show("packing");
          // The parts first: what is cut off is missed by their checksums.
          const rest = readdirSync(project).filter((entry) => entry !== "offline");
          const members = ["offline", ...rest.sort()].map((entry) => `${top}/${entry}`);
          await tar(join(directory, file), join(directory, "archive"), members, commit.time);
          renameSync(join(directory, file), join(root, file));
        });
        await say(file, name, provider);
        return 0;
      },
      join(root, ".cache", "bundle-"),
    );
  } finally {
    engine.close();
  }
});

function readOptions(): { name: string; fromHere: boolean } {
  const environments = readdirSync(join(root, "environments"))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length));
  const usage = `${USAGE}\nEnvironments: ${environments.sort().join(", ")}`;
  try {
    const { values, positionals } = parseArgs({
      options: { build: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new OperatorError(usage);
    if (!environments.includes(name)) throw new OperatorError(`there is no environment '${name}'\n${usage}`);
    return { name, fromHere: values.build };
  } catch (error) {
    throw error instanceof OperatorError ? error : new OperatorError(`${(error as Error).message}\n${usage}`);
  }
}

/** @throws OperatorError when the working tree is not what the commit says: images are made of the one, sources of the other */
async function cleanCommit(): Promise<{ hash: string; time: number }> {
  const changed = await git("status", "--porcelain").catch((error: Error) => {
    throw new OperatorError(`a bundle is made of a commit, in a git checkout:\n${error.message}`);
  });
  if (changed !== "") {
    const lines = changed.trimEnd().split("\n");
    throw new OperatorError(
      `a bundle is made of a commit, and ${lines.length} files differ from it: commit or remove\n${lines.slice(0, 10).join("\n")}`,
    );
  }
  const [hash = "", time = ""] = (await git("show", "--no-patch", "--format=%H %ct", "HEAD"))
    .trim()
    .split(" ");
  return { hash, time: Number(time) };
}

function git(...args: string[]): Promise<string> {
  return run("git", args, { cwd: root, deadline: 60_000 });
}

/** Packs files so that the same ones make the same archive. */
async function tar(file: string, directory: string, members: readonly string[], time: number): Promise<void> {
  const same = [
    "--format=gnu",
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    `--mtime=@${time}`,
  ];
  const args = ["--create", `--file=${file}`, `--directory=${directory}`, ...same, "--", ...members];
  await run("tar", args, { deadline: DEADLINE });
}

/** SHA-256 of each of the project's files. Environments may differ at the site: images don't depend on them. */
async function projectFiles(project: string): Promise<Record<string, string>> {
  const files = filesBelow(project).filter((file) => !/^(offline|environments)\//.test(file));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await parts.sha256(join(project, file))])),
  );
}

/** As sha256sum writes and reads it. */
async function sumsOf(offline: string): Promise<string> {
  const lines: string[] = [];
  for (const file of filesBelow(offline)) lines.push(`${await parts.sha256(join(offline, file))}  ${file}\n`);
  return lines.join("");
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

async function say(file: string, name: string, provider: parts.Manifest["provider"]): Promise<void> {
  const path = join(root, file);
  const sum = await parts.sha256(path);
  const source =
    provider === "registry"
      ? "kreuzwerker/docker, from the registry"
      : "the built-in one, for the registry does not answer here";
  console.log(`\n${colors.bold(path)}
${mebibytes(statSync(path).size)}, Terraform provider: ${source}
sha256 ${sum}

At the site, compare sha256sum ${file}, then:
  tar xf ${file} && cd ${file.slice(0, -".tar".length)} && ./bin/up ${name}`);
}
