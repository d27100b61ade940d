import { checkManifest, type Manifest, parseManifest } from "../../../tools/backup/manifest";

const manifest: Manifest = {
  environment: "site",
  time: "2026-03-01T12:00:00.000Z",
  project: "1.2.3",
  database: { postgres: "17.1", migrations: ["0001_a", "0002_b"], tables: {} },
  parts: [],
};

describe("a manifest", () => {
  it("is taken for its environment, by a project that knows its schema", () => {
    expect(() => checkManifest(manifest, "site", ["0001_a", "0002_b", "0003_c"])).not.toThrow();
  });

  it("of another environment is refused", () => {
    expect(() => checkManifest(manifest, "local", ["0001_a", "0002_b"])).toThrow(
      "it is a backup of environment 'site', and not of 'local'",
    );
  });

  it("of a newer schema is refused, with the version that can take it", () => {
    expect(() => checkManifest(manifest, "site", ["0001_a"])).toThrow(
      "does not know the migrations 0002_b: restore it with version 1.2.3 or later",
    );
  });

  it("is read from its own text", () => {
    expect(parseManifest(JSON.stringify(manifest))).toStrictEqual(manifest);
    expect(() => parseManifest("{")).toThrow("its manifest is no JSON");
    expect(() => parseManifest(JSON.stringify({ ...manifest, parts: [{ name: "x" }] }))).toThrow(
      "its manifest is faulty at parts.0.size",
    );
  });
});
