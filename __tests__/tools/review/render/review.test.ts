import { compare } from "../../../../tools/review/compare/compare";
import type { PlannedAction } from "../../../../tools/review/plan";
import {
  COMMENT_LIMIT,
  MARKER,
  type Review,
  renderComment,
  renderFailure,
  renderFull,
} from "../../../../tools/review/render/review";
import type { UnifiedDiff } from "../../../../tools/review/unified";
import { deployment, site } from "../support/deployments";

const base = { ref: "main", commit: "0123456789abcdef0123456789abcdef01234567", notes: [] };
const POINTER = "The whole review is the artefact.";

function review(more: Record<string, unknown>, rest: Partial<Review> = {}): Review {
  const before = [deployment(), deployment(site(), "other")];
  const after = [deployment(site(more)), deployment(site(), "other")];
  return { base, changes: compare(before, after), diffs: new Map(), plans: new Map(), ...rest };
}

const diff = (path: string, lines: readonly string[]): UnifiedDiff => ({
  service: "asterisk",
  path,
  added: lines.length,
  removed: 0,
  lines,
});
const bytes = (text: string) => Buffer.byteLength(text);

describe("a review", () => {
  it("starts with its marker, the commit and a line for each environment", () => {
    expect(
      renderFull(review({ forwardingMode: "proxy" }))
        .split("\n")
        .slice(0, 9),
    ).toStrictEqual([
      MARKER,
      "",
      "## What this change does",
      "",
      "Compared with `main` at 0123456789ab:",
      "",
      "- other: unchanged",
      "- **site**: changed (1 medium, 4 low)",
      "",
    ]);
  });

  it("says what it means before what it leads to, and both before the files", () => {
    const text = renderFull(
      review(
        { monitor: { address: "0.0.0.0" } },
        { diffs: new Map([["site", [diff("a.conf", ["@@", "+x"])]]]) },
      ),
    );
    const order = [
      "setting monitor.address: 127.0.0.1 → 0.0.0.0",
      "**Consequences**",
      "**Ports**",
      "<details>",
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toStrictEqual([...places].sort((a, b) => a - b));
    expect(text).toContain(
      "- opened: `TCP 0.0.0.0:8091`, the status page of registration-monitor: whoever reaches any address of the host",
    );
  });

  it("has nothing but the overview where nothing changes", () => {
    const text = renderComment(review({}), POINTER);
    expect(text.trimEnd().split("\n").slice(5)).toStrictEqual([
      "",
      "- other: unchanged",
      "- site: unchanged",
    ]);
    expect(text).not.toContain(POINTER);
  });

  it("shows notes on the base", () => {
    expect(renderFull(review({}, { base: { ...base, notes: ["the lock file has changed"] } }))).toContain(
      "> the lock file has changed",
    );
  });

  it("groups Terraform's actions, the worst first", () => {
    const action = (name: string, what: PlannedAction["action"], because: string[] = []): PlannedAction => ({
      address: name,
      type: "docker_container",
      name,
      action: what,
      because,
    });
    const plan = [
      action("site-a", "created"),
      action("site-b", "replaced", ["upload"]),
      action("site-c", "destroyed"),
    ];
    const text = renderFull(review({}, { plans: new Map([["site", plan]]) }));
    expect(text).toContain("**Terraform's plan**: 1 destroyed, 1 replaced, 1 created");
    expect(text).toContain("replaced:\n\n- `site-b` (docker_container): upload");
  });

  it("is the same for the same input", () => {
    const make = () => renderComment(review({ dns: ["1000-1999"] }), POINTER);
    expect(make()).toBe(make());
  });
});

describe("a comment", () => {
  const large = Array.from(
    { length: 20_000 },
    (_, at) => `+ line ${at} of a large file, as long as lines are`,
  );

  it("stays below the limit, cuts the long files first, and points to the whole", () => {
    const small = diff("small.conf", ["@@ -1 +1 @@", "-old", "+new"]);
    const diffs = new Map([["site", [diff("large.conf", large), small]]]);
    const text = renderComment(review({ forwardingMode: "proxy" }, { diffs }), POINTER);
    expect(bytes(text)).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(bytes(text)).toBeGreaterThan(COMMENT_LIMIT * 0.8);
    expect(text).toContain("-old\n+new");
    expect(text).toMatch(/… and \d+ more lines/);
    expect(text.trimEnd().endsWith(`Cut to fit into a comment. ${POINTER}`)).toBe(true);
    expect(renderFull(review({}, { diffs: new Map() }))).not.toContain(POINTER);
  });

  it("closes every part that it opens, also when it is cut", () => {
    const diffs = new Map([
      ["site", Array.from({ length: 300 }, (_, at) => diff(`${at}.conf`, large.slice(0, 500)))],
    ]);
    const text = renderComment(review({ forwardingMode: "proxy" }, { diffs }), POINTER);
    expect(bytes(text)).toBeLessThanOrEqual(COMMENT_LIMIT);
    const count = (part: string) => text.split(part).length - 1;
    expect(count("<details>")).toBe(count("</details>"));
    expect(count("```") % 2).toBe(0);
    expect(text).toMatch(/and \d+ more files that changed/);
  });

  it.each([5_500, 20_000])("fits into %d bytes with 100 environments that all change", (limit) => {
    const [one] = review({ forwardingMode: "proxy" }).changes.slice(1);
    if (!one) throw new Error("no change");
    const changes = Array.from({ length: 100 }, (_, at) => ({ ...one, name: `s${at}` }));
    const text = renderComment({ base, changes, diffs: new Map(), plans: new Map() }, POINTER, limit);
    expect(bytes(text)).toBeLessThanOrEqual(limit);
    expect(text).toContain("**s99**: changed");
    expect(text).toContain(POINTER);
  });

  it("is whole where it fits", () => {
    const diffs = new Map([["site", [diff("a.conf", large.slice(0, 100))]]]);
    const one = review({ forwardingMode: "proxy" }, { diffs });
    expect(renderComment(one, POINTER)).toBe(renderFull(one));
  });
});

describe("a side that can't be synthesized", () => {
  it("is told with its faults", () => {
    const text = renderFailure("the working tree", "environments/a.yaml:3:1 dns: is wrong\nsecond");
    expect(text.startsWith(MARKER)).toBe(true);
    expect(text).toContain("```text\nenvironments/a.yaml:3:1 dns: is wrong\nsecond\n```");
  });
});
