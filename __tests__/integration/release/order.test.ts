import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { baseImages } from "../../../constructs/service/base-images";
import { attempt, docker, type Outcome } from "../asterisk/docker";

/** Releases that change the mode together, in real containers. */

const root = join(__dirname, "..", "..", "..");
const tag = "release-order-test-image";
const order = { proxy: ["sip-proxy", "nginx", "asterisk"], static: ["asterisk", "nginx", "sip-proxy"] };
type Mode = keyof typeof order;

// Its check and its reload write down when they ran; text of the file makes them slow, or fail.
const dockerfile = `
ARG BASE
FROM \${BASE}
RUN install -d -m 0755 /config && install -d -m 0777 /journal && install -d /usr/local/lib/release
RUN printf '#!/bin/sh\\necho "$SERVICE checked" >> /journal/log; grep -q slow "$1/app.conf" && sleep 2; ! grep -q broken "$1/app.conf"\\n' > /usr/local/lib/release/check
RUN printf '#!/bin/sh\\necho "$SERVICE loads $(cat /config/current/app.conf)" >> /journal/log; ! grep -q refused /config/current/app.conf\\n' > /usr/local/lib/release/reload
RUN chmod +x /usr/local/lib/release/*
`;

let directory: string;

/** What a deploy does: every release at the same time. `texts` are the files of those that are made anew. */
async function deploy(mode: Mode, texts: Partial<Record<string, string>>): Promise<Record<string, Outcome>> {
  const outcomes = await Promise.all(
    Object.entries(texts).map(async ([service, text]) => {
      const files = mkdtempSync(join(directory, "files-"));
      const path = join(files, "app.conf");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${text}\n`, { mode: 0o600 });
      const capabilities = ["CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"].flatMap((name) => [
        "--cap-add",
        name,
      ]);
      const outcome = await attempt(
        ...["run", "--rm", "--network", "none", "--user", "0", "--cap-drop", "ALL", ...capabilities],
        ...["--security-opt", "no-new-privileges", "--tmpfs", "/tmp"],
        ...["-v", `release-order-test-${service}:/config`, "-v", "release-order-test:/release/order.d"],
        ...["-v", `${files}:/release/files:ro`, "-v", `${directory}/journal:/journal`],
        ...["-v", `${root}/assets/release/release:/release/run:ro`],
        ...["-v", `${root}/assets/release/order:/release/order:ro`],
        ...["-e", `RELEASE_HASH=${text?.replace(/\W/g, "")}`, "-e", "SERVICE_UID=12345"],
        ...["-e", "CHECK_DEADLINE=5", "-e", "RELOAD_DEADLINE=5", "-e", `SERVICE=${service}`],
        ...["-e", `RELEASE_ORDER=${order[mode].join(" ")}`, "-e", `RELEASE_MODE=${mode}`],
        ...["-e", `RELEASE_SERVICE=${service}`, "--entrypoint", "/usr/bin/perl", tag, "/release/run"],
      );
      return [service, outcome] as const;
    }),
  );
  return Object.fromEntries(outcomes);
}

/** What happened in the last deploy, in its order. */
async function journal(): Promise<string[]> {
  const text = await docker(
    "run",
    "--rm",
    "-v",
    `${directory}/journal:/journal`,
    tag,
    "sh",
    "-c",
    "cat /journal/log; : > /journal/log",
  );
  return text.split("\n").filter((line) => line !== "");
}

/** Between two deploys there is always more time than this. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 4_500));

const loads = (lines: readonly string[]) => lines.filter((line) => line.includes(" loads "));
const all = (text: string) => Object.fromEntries(order.proxy.map((service) => [service, text]));
const volumes = ["release-order-test", ...order.proxy.map((service) => `release-order-test-${service}`)];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "release-order-test-"));
  mkdirSync(join(directory, "journal"), { mode: 0o777 });
  await docker(
    "run",
    "--rm",
    "-v",
    `${directory}:/d`,
    baseImages.trixie.reference,
    "sh",
    "-c",
    "chmod 777 /d/journal; chmod 755 /d; : > /d/journal/log; chmod 666 /d/journal/log",
  );
  const context = mkdtempSync(join(directory, "context-"));
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  await docker("build", "-q", "--build-arg", `BASE=${baseImages.trixie.reference}`, "-t", tag, context);
}, 120_000);

beforeEach(async () => {
  for (const volume of volumes) await docker("volume", "create", volume);
  const first = await deploy("static", all("one"));
  expect(Object.values(first).map(({ status }) => status)).toStrictEqual([0, 0, 0]);
  await journal();
}, 60_000);

afterEach(async () => {
  await docker("volume", "rm", ...volumes);
});

afterAll(async () => {
  await attempt("image", "rm", tag);
  rmSync(directory, { recursive: true, force: true });
});

describe("a switch of mode", () => {
  it("is taken over in the mode's order, after all files have been checked, and so is the way back", async () => {
    const there = await deploy("proxy", { ...all("two"), asterisk: "two slow" });
    expect(Object.values(there).map(({ status }) => status)).toStrictEqual([0, 0, 0]);
    const lines = await journal();
    expect(lines.slice(0, 3).sort()).toStrictEqual([
      "asterisk checked",
      "nginx checked",
      "sip-proxy checked",
    ]);
    expect(lines.slice(3)).toStrictEqual([
      "sip-proxy loads two",
      "nginx loads two",
      "asterisk loads two slow",
    ]);
    await deploy("static", all("one"));
    expect(loads(await journal())).toStrictEqual([
      "asterisk loads one",
      "nginx loads one",
      "sip-proxy loads one",
    ]);
  }, 60_000);

  it("changes nothing at all when one service refuses its files", async () => {
    const outcome = await deploy("proxy", { ...all("two"), asterisk: "two slow broken" });
    expect(Object.values(outcome).map(({ status }) => status)).toStrictEqual([1, 1, 1]);
    expect(outcome.asterisk?.output).toContain("the service's own check found faults");
    for (const other of ["nginx", "sip-proxy"]) {
      expect(outcome[other]?.output).toContain(
        "the release of asterisk was refused, see there. Nothing of this one was changed.",
      );
    }
    expect(loads(await journal())).toStrictEqual([]);
    await moment();
    // The next deploy goes on.
    const next = await deploy("proxy", all("two"));
    expect(Object.values(next).map(({ status }) => status)).toStrictEqual([0, 0, 0]);
    expect(loads(await journal())).toHaveLength(3);
  }, 60_000);

  it("ends at the service that does not take it over; those behind it stay, and the next deploy goes on", async () => {
    const outcome = await deploy("proxy", { ...all("two"), nginx: "two refused" });
    expect([outcome["sip-proxy"], outcome.nginx, outcome.asterisk].map((one) => one?.status)).toStrictEqual([
      0, 1, 1,
    ]);
    expect(outcome.asterisk?.output).toContain("the release of nginx was refused");
    expect(loads(await journal())).toStrictEqual([
      "sip-proxy loads two",
      "nginx loads two refused",
      // Back again.
      "nginx loads one",
    ]);
    await moment();
    const next = await deploy("proxy", { nginx: "two", asterisk: "two" });
    expect(Object.values(next).map(({ status }) => status)).toStrictEqual([0, 0]);
    expect(loads(await journal())).toStrictEqual(["nginx loads two", "asterisk loads two"]);
  }, 60_000);

  it("that was given up half way is taken back by the old files", async () => {
    await deploy("proxy", { ...all("two"), nginx: "two refused" });
    await journal();
    await moment();
    const back = await deploy("static", all("one"));
    expect(Object.values(back).map(({ status }) => status)).toStrictEqual([0, 0, 0]);
    // Only one of them has to be turned round, so nobody waits.
    expect(loads(await journal()).sort()).toStrictEqual([
      "asterisk loads one",
      "nginx loads one",
      "sip-proxy loads one",
    ]);
  }, 60_000);
});

describe("a release for the same mode", () => {
  it("waits for nobody, and nobody's fault is in its way", async () => {
    const outcome = await deploy("static", { asterisk: "two", nginx: "broken" });
    expect([outcome.asterisk?.status, outcome.nginx?.status]).toStrictEqual([0, 1]);
    expect(loads(await journal())).toStrictEqual(["asterisk loads two"]);
  }, 60_000);
});
