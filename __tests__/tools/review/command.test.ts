import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Deployment } from "../../../tools/review/model/deployment";
import { COMMENT_LIMIT } from "../../../tools/review/render/review";
import { synthesize } from "../../../tools/review/synthesize";
import { deployment, site } from "./support/deployments";
import { Project } from "./support/project";

let project: Project;
beforeAll(async () => {
  project = await Project.create();
}, 60_000);
afterEach(() => project.reset());
afterAll(() => project.destroy());
jest.setTimeout(60_000);

describe("npm run review", () => {
  it("has one line for each environment that stays", async () => {
    const { status, stdout } = await project.review();
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n").slice(5)).toStrictEqual(["", "- site: unchanged"]);
  });

  it("compares the working tree as it is with the base's own rendering", async () => {
    project.write("environments/site.yaml", site({ forwardingMode: "proxy" }));
    const { status, stdout } = await project.review();
    expect(status).toBe(0);
    expect(stdout).toContain("forwardingMode static → proxy: nginx /ws goes to sip-proxy 127.0.0.1:8080");
    expect(stdout).toContain("-        server 127.0.0.1:8088;\n+        server 127.0.0.1:8080;");
  });

  it("sees what a change of code does to the rendered files and images", async () => {
    const render = join(project.directory, "constructs", "nginx", "render.ts");
    project.write(
      "constructs/nginx/render.ts",
      readFileSync(render, "utf8").replace("listen ${hostPort(address, httpPort)}", "listen 0.0.0.0:9090"),
    );
    const { stdout } = await project.review();
    expect(stdout).toContain("opened: `TCP 0.0.0.0:9090`");
    expect(stdout).toContain("no setting changes: what the code renders or builds does");
  });

  it("gives the same bytes again, wherever it runs, with no path of this machine", async () => {
    const other = await Project.create();
    try {
      const text = site({ dns: ["1000-1099"], monitor: { address: "0.0.0.0" } });
      for (const one of [project, other]) one.write("environments/site.yaml", text);
      const [first, again, elsewhere] = [
        await project.review(),
        await project.review(),
        await other.review(),
      ];
      expect(first.status).toBe(0);
      expect(again.stdout).toBe(first.stdout);
      // Their commits differ in their times.
      const withoutCommit = (report: string) => report.replace(/at [0-9a-f]{12}/, "");
      expect(withoutCommit(elsewhere.stdout)).toBe(withoutCommit(first.stdout));
      for (const path of [project.directory, process.cwd(), "/tmp"]) expect(first.stdout).not.toContain(path);
    } finally {
      other.destroy();
    }
  });

  it("does not take the mode of the variable for the file's", async () => {
    const { stdout } = await project.start(["--base", "main"], { FORWARDING_MODE: "proxy" }).ended;
    expect(stdout).toContain("- site: unchanged");
  });

  it("holds no secret, not even when the secrets are beside it", async () => {
    const secrets = ["dn/1002", "dn/1003", "dn/1004", "ari", "tls/key.pem"].map((name) => [
      name,
      `hidden text of ${name}`,
    ]);
    for (const [name, text] of secrets) project.write(`.secrets/${name}`, text as string);
    project.write(
      "environments/site.yaml",
      site({ dns: [1002, 1004], docker: {}, secrets: { directory: ".secrets" } }),
    );
    const { stdout } = await project.review();
    expect(stdout).toContain("dn/<number>");
    expect(stdout).not.toContain("hidden text");
  });

  it("writes a comment below GitHub's limit and the whole beside it", async () => {
    project.write("environments/site.yaml", site({ dns: ["1000-2999"] }));
    const [comment, full] = ["comment.md", "full.md"].map((name) => join(project.temporary, "..", name)) as [
      string,
      string,
    ];
    const { status, stdout } = await project.review("--output", comment, "--full", full);
    expect([status, stdout]).toStrictEqual([0, ""]);
    expect(readFileSync(comment).length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(readFileSync(comment, "utf8")).toContain("The whole review is the artefact `review` of this run.");
    expect(readFileSync(full, "utf8")).toContain("+[genesys-2999]");
  });

  it("is a gate with --fail-on", async () => {
    project.write("environments/site.yaml", site({ monitor: { address: "0.0.0.0" } }));
    const [high, critical] = [
      await project.review("--fail-on", "high"),
      await project.review("--fail-on", "critical"),
    ];
    expect([high.status, critical.status]).toStrictEqual([2, 0]);
    expect(high.stderr).toContain("2 consequences are high or worse (--fail-on high)");
  });

  it("tells the faults of the working tree, also in the comment", async () => {
    project.write("environments/site.yaml", site({ forwardingMode: "kamailio" }));
    const comment = join(project.temporary, "..", "comment.md");
    const { status, stderr } = await project.review("--output", comment);
    expect(status).toBe(1);
    expect(stderr).toContain("forwardingMode: 'kamailio' is not a mode: static or proxy");
    expect(stderr).not.toContain(project.directory);
    expect(readFileSync(comment, "utf8")).toContain("**the working tree can't be synthesized**");
  });

  it("tells where the working tree's code fails, with no path of this machine", async () => {
    const render = readFileSync(join(project.directory, "constructs", "nginx", "render.ts"), "utf8");
    project.write(
      "constructs/nginx/render.ts",
      render.replace("props: NginxFilesProps)", "props: NginxFilesProps, oops = missing())"),
    );
    const { status, stderr } = await project.review();
    expect(status).toBe(1);
    expect(stderr).toContain("ReferenceError: missing is not defined");
    expect(stderr).toMatch(/constructs\/nginx\/render\.ts:\d+/);
    for (const path of [project.directory, process.cwd()]) expect(stderr).not.toContain(path);
  });

  it("shows a saved plan", async () => {
    const change = { actions: ["delete", "create"], before: {}, after: { name: "site-asterisk" } };
    const plan = {
      format_version: "1.2",
      resource_changes: [{ address: "x", type: "docker_container", change }],
    };
    project.write(".cache/plans/site.json", JSON.stringify(plan));
    const { stdout } = await project.review("--plans", ".cache/plans");
    expect(stdout).toContain("**Terraform's plan**: 1 replaced");
    expect(stdout).toContain("Terraform's plan: container replaced: every call ends");
  });

  it.each([
    [["--base", "nowhere"], "--base: 'nowhere' is no commit here"],
    [["--base", "--all"], "--base"],
    [[], "--base is missing"],
    [["--base", "main", "--fail-on", "bad"], "--fail-on: 'bad' is no severity: low, medium, high, critical"],
    [["--base", "main", "nobody"], "there is no environment 'nobody', neither here nor in the base: site"],
    [["--base", "main", "--plan", "--plans", "x"], "use one"],
    [["--base", "main", "--unknown"], "usage: npm run review"],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await project.start(args).ended;
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe("the base", () => {
  it("is where the branch left it, not what came after", async () => {
    await project.git("checkout", "--quiet", "-b", "work");
    project.write("environments/site.yaml", site({ codecs: ["opus"] }));
    await project.commit();
    await project.git("checkout", "--quiet", "main");
    project.write("environments/late.yaml", site({ host: { address: "192.0.2.30" } }));
    await project.commit();
    try {
      await project.git("checkout", "--quiet", "work");
      const { stdout } = await project.review();
      expect(stdout).toContain("codecs of new calls: opus; before: ulaw, alaw");
      expect(stdout).not.toContain("late");
    } finally {
      await project.git("checkout", "--quiet", "main");
      await project.git("reset", "--quiet", "--hard", "HEAD~1");
    }
  });

  describe("with other packages", () => {
    /** An npm that does as told; nothing is installed from anywhere. */
    const npm = (script: string) => {
      const bin = join(project.temporary, "..", "bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "npm"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, "npm"), 0o755);
      return { PATH: `${bin}:${process.env.PATH}` };
    };
    const changeLock = () => {
      const lock = join(project.directory, "package-lock.json");
      project.write("package-lock.json", `${readFileSync(lock, "utf8")}\n`);
    };

    it("gets those of its own lock file, and says so", async () => {
      changeLock();
      const calls = join(project.temporary, "..", "npm-calls");
      const env = npm(`echo "$@" > ${calls}; ln -s ${process.cwd()}/node_modules node_modules`);
      const { status, stdout } = await project.start(["--base", "main"], env).ended;
      expect(status).toBe(0);
      expect(readFileSync(calls, "utf8")).toMatch(/^ci --ignore-scripts /);
      expect(stdout).toContain("with the packages of its own lock file, installed for this review");
    });

    it("borrows the head's where they can't be had, and says what is not seen then", async () => {
      changeLock();
      const { status, stdout } = await project.start(["--base", "main"], npm("exit 1")).ended;
      expect(status).toBe(0);
      expect(stdout).toContain("**An image that changes by its npm packages alone is not seen.**");
    });
  });

  it("gets the images that a deploy would make, though its packages are a link to the head's", async () => {
    const built = site({ images: { source: "build" } });
    project.write("environments/site.yaml", built);
    rmSync(join(project.directory, ".cache", "contexts"), { recursive: true, force: true });
    const [synthesized] = await synthesize(project.directory, join(project.temporary, "output"), "the base");
    const references = (one?: Deployment) =>
      Object.values(one?.images ?? {}).map(({ reference }) => reference);
    expect(references(synthesized)).toStrictEqual(references(deployment(built)));
    expect(references(synthesized)).toContainEqual(
      expect.stringMatching(/^webrtc-genesys\/sip-proxy:[0-9a-f]{12}$/),
    );
  });
});

describe("what a review leaves behind", () => {
  const state = async () => [
    project.leftovers(),
    await project.git("worktree", "list"),
    await project.git("status", "--short"),
  ];

  it("is nothing", async () => {
    const before = await state();
    await project.review();
    await project.review("nobody");
    expect(await state()).toStrictEqual(before);
    expect(before[0]).toStrictEqual([]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)("is nothing after %s", async (signal, expected) => {
    const before = await state();
    const { child, ended } = project.start(["--base", "main"]);
    while (!project.leftovers().some((name) => existsSync(join(project.temporary, name, "base", "main.ts"))))
      await pause(10);
    child.kill(signal);
    expect((await ended).status).toBe(expected);
    expect(await state()).toStrictEqual(before);
  });

  it("is nothing in the repository after SIGKILL", async () => {
    const before = await state();
    const { child, ended } = project.start(["--base", "main"]);
    while (project.leftovers().length === 0) await pause(10);
    child.kill("SIGKILL");
    await ended;
    expect((await state()).slice(1)).toStrictEqual(before.slice(1));
  });
});
