import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../../tools/docker-provider/engine/engine";
import { tar } from "../../../tools/docker-provider/tar";
import { engineFor, layersOf, loadImages, saveImages } from "../../../tools/offline/engine-images";
import { architecture, type Manifest } from "../../../tools/offline/parts";
import { provideImages } from "../../../tools/offline/site";
import { writeParts } from "../../tools/offline/bundles";

jest.setTimeout(120_000);

const docker = { host: "unix:///var/run/docker.sock" };
const prefix = `registry.invalid/offline-test-${randomBytes(4).toString("hex")}`;
const [one, two] = [`${prefix}/one:1.0.0`, `${prefix}/two:1.0.0`];

let engine: Engine;
let directory: string;
let offline: string;
let saved: string;
let images: Manifest["images"];

/** Ids of what was made: one that loses its name to a loaded one stays otherwise. */
const made: string[] = [];

/** Makes an image of one file, as small as can be. */
function make(name: string, content: string): void {
  const input = tar([{ path: "file", mode: 0o644, content: Buffer.from(content) }]);
  made.push(execFileSync("docker", ["import", "-", name], { input, encoding: "utf8" }).trim());
}

function remove(...names: string[]): void {
  spawnSync("docker", ["rmi", "--force", ...names], { stdio: "ignore" });
}

const siteOf = (source: "build" | "registry") => ({
  name: "site",
  docker,
  images: source === "build" ? { source } : { source, prefix, tag: "1.0.0" },
});

beforeAll(async () => {
  engine = engineFor({ docker });
  directory = mkdtempSync(join(tmpdir(), "offline-test-"));
  saved = join(directory, "images.tar.gz");
  make(one, "one");
  make(two, "two");
  images = await Promise.all(
    [one, two].map(async (name) => ({ name, layers: (await layersOf(engine, name)) ?? "" })),
  );
  await saveImages(engine, [one, two], saved, () => undefined);
});

beforeEach(() => {
  offline = join(directory, "offline");
  mkdirSync(offline);
  writeParts(offline, { images }, { "images.tar.gz": execFileSync("cat", [saved]) });
  remove(one, two);
});

afterEach(() => {
  rmSync(offline, { recursive: true });
});

afterAll(() => {
  remove(one, two, ...made);
  engine.close();
  rmSync(directory, { recursive: true });
});

const present = async () => {
  const found = await Promise.all([one, two].map((name) => layersOf(engine, name)));
  return found.map((layers, index) => layers !== undefined && layers === images[index]?.layers);
};

describe("a bundle's images", () => {
  it("are loaded under their names where one is missing", async () => {
    make(one, "one");
    expect(await present()).toStrictEqual([true, false]);
    await provideImages(siteOf("registry"), { architecture, images }, offline);
    expect(await present()).toStrictEqual([true, true]);
  });

  it("are not asked for where the engine has them all", async () => {
    await provideImages(siteOf("build"), { architecture, images }, offline);
    rmSync(join(offline, "images.tar.gz"));
    await expect(provideImages(siteOf("build"), { architecture, images }, offline)).resolves.toBeUndefined();
  });

  it("are not loaded when they were changed or cut on the way", async () => {
    appendFileSync(join(offline, "images.tar.gz"), "x");
    await expect(provideImages(siteOf("build"), { architecture, images }, offline)).rejects.toThrow(
      "offline/images.tar.gz is not what the bundle was made with",
    );
    expect(await present()).toStrictEqual([false, false]);
  });

  it("are not loaded into an engine of another architecture", async () => {
    await expect(provideImages(siteOf("build"), { architecture: "s390x", images }, offline)).rejects.toThrow(
      `the bundle's images are for s390x, and the engine at unix:///var/run/docker.sock runs on ${architecture}`,
    );
  });

  it("don't take the name of another release's image", async () => {
    make(two, "what runs here");
    await expect(provideImages(siteOf("registry"), { architecture, images }, offline)).rejects.toThrow(
      `the engine has another image than the bundle under ${two}, which containers may run: raise images.tag`,
    );
    expect(await present()).toStrictEqual([false, false]);
  });

  it("leave one alone whose name is the hash of what it was built from", async () => {
    make(two, "built here");
    make(one, "built here too");
    await provideImages(siteOf("build"), { architecture, images }, offline);
    expect(await present()).toStrictEqual([false, false]);
  });

  it("say what the engine has against them", async () => {
    const broken = join(directory, "broken.gz");
    execFileSync("sh", ["-c", `head -c 100000 /dev/urandom | gzip > ${broken}`]);
    await expect(loadImages(engine, broken, () => undefined)).rejects.toThrow(
      /the engine does not take|tar|archive/,
    );
  });
});
