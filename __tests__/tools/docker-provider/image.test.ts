import { Readable } from "node:stream";
import { BuildLog, buildQuery } from "../../../tools/docker-provider/resources/image/build";
import { credentials, registryOf } from "../../../tools/docker-provider/resources/image/credentials";
import { progress } from "../../../tools/docker-provider/resources/image/progress";
import { reference, repoDigest } from "../../../tools/docker-provider/resources/image/pull";

describe("names of images", () => {
  it.each([
    ["debian", "registry-1.docker.io"],
    ["library/debian:12", "registry-1.docker.io"],
    ["localhost/a", "localhost"],
    ["10.0.0.1:5000/a:1", "10.0.0.1:5000"],
    ["registry.example/a/b", "registry.example"],
    ["group/sub/image", "group"],
  ])("%s is at %s", (name, registry) => {
    expect(registryOf(name)).toBe(registry);
  });

  it.each([
    ["debian", { fromImage: "debian", tag: "latest" }],
    ["debian:12", { fromImage: "debian", tag: "12" }],
    ["host:5000/a", { fromImage: "host:5000/a", tag: "latest" }],
    ["host:5000/a:b", { fromImage: "host:5000/a", tag: "b" }],
    ["a@sha256:12", { fromImage: "a@sha256:12" }],
  ])("%s is pulled as %j", (name, expected) => {
    expect(reference(name)).toStrictEqual(expected);
  });

  it("finds the digest of the right repository", () => {
    const RepoDigests = ["other@sha256:1", "a@sha256:2"];
    expect(repoDigest("a:1", { Id: "", RepoDigests })).toBe("a@sha256:2");
    expect(repoDigest("b:1", { Id: "", RepoDigests })).toBe("other@sha256:1");
    expect(repoDigest("a:1", { Id: "", RepoDigests: null })).toBe("");
  });
});

describe("credentials", () => {
  const file = (auth: string) => JSON.stringify({ auths: { "https://r.example/v1/": { auth } } });

  it("come from the block, from the environment or from a config file's text", () => {
    const given = credentials(
      [
        { address: "a.example", username: "u", password: "p" },
        { address: "https://r.example", config_file_content: file(Buffer.from("v:w:x").toString("base64")) },
        { address: "open.example", auth_disabled: true },
      ],
      {},
    );
    expect(given.get("a.example")).toMatchObject({
      username: "u",
      password: "p",
      serveraddress: "https://a.example",
    });
    expect(given.get("r.example")).toMatchObject({ username: "v", password: "w:x" });
    expect(given.get("open.example")).toMatchObject({ username: "username" });
    const fromEnv = credentials([{ address: "a" }], { DOCKER_REGISTRY_USER: "e", DOCKER_REGISTRY_PASS: "f" });
    expect(fromEnv.get("a")).toMatchObject({ username: "e", password: "f" });
  });

  it("refuse a credential helper, which isn't implemented", () => {
    const config_file_content = JSON.stringify({ credHelpers: { "a.example": "pass" } });
    expect(() => credentials([{ address: "a.example", config_file_content }], {})).toThrow(
      /helpers are not implemented/,
    );
  });

  it("don't repeat a broken file, which may hold a password", () => {
    const broken = () => credentials([{ address: "a", config_file_content: '{"auths": s3cret' }], {});
    expect(broken).toThrow(/config_file_content: it is not JSON/);
    expect(broken).not.toThrow(/s3cret/);
  });
});

describe("build", () => {
  it("passes on what is set and leaves out the rest", () => {
    const query = buildQuery("i:1", "Dockerfile", {
      tag: ["i:2"],
      build_args: { BASE: "b" },
      labels: { a: "1" },
      label: { b: "2" },
      network_mode: "host",
      no_cache: true,
      target: "t",
      ulimit: [{ name: "nofile", soft: 1, hard: 2 }],
    });
    expect(
      Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)),
    ).toStrictEqual({
      version: 1,
      t: ["i:1", "i:2"],
      dockerfile: "Dockerfile",
      buildargs: '{"BASE":"b"}',
      labels: '{"b":"2","a":"1"}',
      networkmode: "host",
      nocache: true,
      target: "t",
      rm: true,
      forcerm: false,
      q: false,
      ulimits: '[{"Name":"nofile","Soft":1,"Hard":2}]',
      extrahosts: [],
    });
  });

  it("reads progress that is split anywhere", async () => {
    const text = '{"stream":"Step 1/1 : ü"}\r\n{"error":"no"}';
    for (let size = 1; size < text.length; size += 1) {
      const bytes = Buffer.from(text);
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const messages = [];
      for await (const message of progress(Readable.from(parts))) messages.push(message);
      expect(messages).toStrictEqual([{ stream: "Step 1/1 : ü" }, { error: "no" }]);
    }
  });

  it("tells the failing step and its last lines", () => {
    const log = new BuildLog();
    log.add("Step 1/2 : FROM a\n");
    log.add("earlier\n");
    log.add("Step 2/2 : RUN make\n");
    for (let i = 0; i < 100; i += 1) log.add(`line ${i}\n`);
    const text = log.failure("returned a non-zero code: 2");
    expect(text).toMatch(/^returned a non-zero code: 2\n\nStep 2\/2 : RUN make\n\nline 70\n/);
    expect(text).toMatch(/line 99$/);
    expect(text).not.toContain("earlier");
  });
});
