import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlineContext } from "../../../constructs/service/offline-images";

describe("offlineContext", () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "offline-test-"));
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const bring = (...names: string[]) => {
    mkdirSync(join(project, "offline"), { recursive: true });
    const images = names.map((name) => ({ name }));
    writeFileSync(join(project, "offline/manifest.json"), JSON.stringify({ images }));
  };

  it("is none without a bundle, and for what is not in it", () => {
    expect(offlineContext("webrtc-genesys/nginx:1", project)).toBeUndefined();
    bring("webrtc-genesys/nginx:2");
    expect(offlineContext("webrtc-genesys/nginx:1", project)).toBeUndefined();
  });

  it("takes the image itself and nothing else", () => {
    bring("webrtc-genesys/nginx:1", "webrtc-genesys/nginx:2");
    const [one, two] = [1, 2].map((tag) => offlineContext(`webrtc-genesys/nginx:${tag}`, project) ?? "");
    expect(readdirSync(one ?? "")).toStrictEqual(["Dockerfile"]);
    const instructions = (directory = "") =>
      readFileSync(join(directory, "Dockerfile"), "utf8").replaceAll(/^#.*\n/gm, "");
    expect(instructions(one)).toBe("ARG BASE\nFROM webrtc-genesys/nginx:1\n");
    expect(instructions(two)).toBe("ARG BASE\nFROM webrtc-genesys/nginx:2\n");
    expect(offlineContext("webrtc-genesys/nginx:1", project)).toBe(one);
    expect(
      readdirSync(join(project, ".cache/contexts")).filter((name) => /^staging/.test(name)),
    ).toStrictEqual([]);
  });
});
