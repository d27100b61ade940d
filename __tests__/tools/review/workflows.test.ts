import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { workflowFaults } from "./support/workflow-checks";

const root = join(__dirname, "..", "..", "..");
const directory = join(root, ".github", "workflows");
const scripts = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts);
const text = (name: string) => readFileSync(join(directory, `${name}.yml`), "utf8");

describe("the workflows", () => {
  it("are these", () => {
    expect(readdirSync(directory).sort()).toStrictEqual(["ci.yml", "deploy.yml", "review.yml"]);
  });

  it.each(["ci", "deploy", "review"])("%s keeps every rule", (name) => {
    expect(workflowFaults(name, text(name), scripts)).toStrictEqual([]);
  });

  it("name the release that each pinned commit is", () => {
    const pins = ["ci", "deploy", "review"].flatMap((name) => text(name).match(/uses: .*/g) ?? []);
    for (const pin of pins) expect(pin).toMatch(/^uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    // One action, one commit, in all of them.
    const byAction = new Map(pins.map((pin) => [pin.split("@")[0], pin]));
    expect(new Set(pins).size).toBe(byAction.size);
  });

  it("ci is .ci/run on pull requests and on main", () => {
    const { on, jobs } = parse(text("ci"));
    expect(on).toStrictEqual({ push: { branches: ["main"] }, pull_request: null });
    expect(jobs.test.steps.at(-1).run).toMatch(/ \.ci\/run$/);
  });

  it("deploy waits for the GitHub environment of its name between the plan and the deploy, and verifies after it", () => {
    const { plan, deploy } = parse(text("deploy")).jobs;
    expect(plan.environment).toBeUndefined();
    expect(deploy).toMatchObject({ needs: "plan", environment: "${{ inputs.environment }}" });
    const runs = deploy.steps.map((step: { run?: string }) => step.run).filter(Boolean);
    expect(runs).toStrictEqual([
      "bin/install",
      'node --require tsx/cjs tools/review/deploy.ts apply "$ENVIRONMENT" --directory plan',
      'npm run verify -- "$ENVIRONMENT"',
    ]);
  });

  it("review gives no more than reading to the job that runs the change's code", () => {
    const { review, comment } = parse(text("review")).jobs;
    expect(review.permissions).toStrictEqual({ contents: "read" });
    expect(comment.permissions).toStrictEqual({ contents: "read", "pull-requests": "write" });
  });
});

describe("the checks of workflows", () => {
  const faults = (edit: (text: string) => string, name = "review") => {
    const edited = edit(text(name));
    // An edit that hits nothing would prove nothing.
    expect(edited).not.toBe(text(name));
    return workflowFaults(name, edited, scripts);
  };

  it.each<[string, (text: string) => string, RegExp]>([
    ["broken YAML", (one) => `${one}\n  - [`, /^no YAML/],
    ["a key twice", (one) => `${one}\nname: again\n`, /^no YAML/],
    ["an unknown key", (one) => one.replace("runs-on:", "run-on:"), /unknown key 'run-on'/],
    [
      "pull_request_target",
      (one) => one.replace("  pull_request:", "  pull_request_target:"),
      /on: pull_request_target/,
    ],
    [
      "no permissions",
      (one) => one.replace("permissions: {}", "permissions: write-all"),
      /permissions: \{\} is missing/,
    ],
    [
      "a wide permission",
      (one) => one.replace("contents: read", "contents: write"),
      /contents: write is more/,
    ],
    [
      "a job without permissions",
      (one) => one.replace("    permissions:\n      contents: read\n    steps", "    steps"),
      /permissions are missing/,
    ],
    ["an action by its tag", (one) => one.replace(/checkout@[0-9a-f]{40}/, "checkout@v7"), /not pinned/],
    ["a short commit", (one) => one.replace(/(checkout@[0-9a-f]{7})[0-9a-f]{33}/, "$1"), /not pinned/],
    [
      "a token left behind",
      (one) => one.replace("persist-credentials: false", "lfs: true"),
      /persist-credentials/,
    ],
    [
      "others' text in a shell",
      (one) => one.replace('"$BASE"', '"${{ github.event.pull_request.title }}"'),
      /pasted into the shell/,
    ],
    [
      "a variable that is not handed over",
      (one) => one.replace("          BASE: ", "          OTHER: "),
      /\$BASE is not in its env/,
    ],
    [
      "a script that is not there",
      (one) => one.replace("npm run review", "npm run reviews"),
      /calls no file or npm script/,
    ],
    [
      "a file that is not there",
      (one) => one.replace("review/comment.ts", "review/comments.ts"),
      /calls no file/,
    ],
    [
      "logic in YAML",
      (one) => one.replace("run: bin/install", "run: curl https://example.com"),
      /calls no file/,
    ],
    [
      "the change's code with a token that writes",
      (one) => one.replace("ref: ${{ github.event.pull_request.base.sha }}", "fetch-depth: 1"),
      /check out the base/,
    ],
    ["no end", (one) => one.replace(/ {4}timeout-minutes: .*\n/, ""), /timeout-minutes is missing/],
    ["a job that waits for none", (one) => one.replace("needs: review", "needs: reviews"), /which is no job/],
  ])("find %s", (_what, edit, expected) => {
    expect(faults(edit)).toContainEqual(expect.stringMatching(expected));
  });

  it("allow only the review to write to pull requests", () => {
    const edit = (one: string) => one.replace("contents: read", "contents: read\n      pull-requests: write");
    expect(faults(edit, "ci")).toContainEqual(expect.stringMatching(/pull-requests: write is more/));
  });
});
