import { parsePlan, planDifferences, planDigests, plannedActions } from "../../../tools/review/plan";

const change = (actions: string[], more: object = {}) => ({
  address: `docker_container.${actions.join("-")}`,
  type: "docker_container",
  change: { actions, before: null, after: null, ...more },
});
const plan = (...changes: object[]) =>
  parsePlan(JSON.stringify({ format_version: "1.2", resource_changes: changes }), "the plan");

describe("terraform show -json", () => {
  it("is grouped by what is done, without any value", () => {
    const actions = plannedActions(
      plan(
        change(["no-op"]),
        change(["read"]),
        change(["create"], { after: { name: "site-a", env: ["SECRET=1"] } }),
        change(["update"], { before: { name: "site-b" }, after: { name: "site-b" } }),
        change(["delete", "create"], {
          after: { name: "site-c" },
          replace_paths: [["upload", 0, "content"], ["labels"], ["upload"]],
        }),
        change(["create", "delete"], { after: { name: "site-d" } }),
        {
          ...change(["delete"], { before: { name: "site-e" } }),
          action_reason: "delete_because_no_resource_config",
        },
      ),
    );
    expect(actions.map(({ name, action, because }) => [name, action, because])).toStrictEqual([
      ["site-a", "created", []],
      ["site-d", "replaced", []],
      ["site-e", "destroyed", ["no longer in the stack"]],
      ["site-c", "replaced", ["labels", "upload"]],
      ["site-b", "changed in place", []],
    ]);
    expect(JSON.stringify(actions)).not.toContain("SECRET");
  });

  it.each([
    ["no json", "the plan is no JSON"],
    ["null", "the plan has format_version none"],
    ['{"format_version":"2.0"}', "the plan has format_version 2.0"],
  ])("is refused as %s", (text, message) => expect(() => parsePlan(text, "the plan")).toThrow(message));
});

describe("two plans", () => {
  const after = { name: "site-a", upload: [{ content: "x" }], b: 1 };

  it("are the same whatever was before, and in whatever order", () => {
    const one = planDigests(plan(change(["update"], { before: { logs: "a" }, after })));
    const other = planDigests(
      plan(
        change(["no-op"]),
        change(["update"], {
          before: { logs: "b" },
          after: { b: 1, upload: after.upload, name: after.name },
        }),
      ),
    );
    expect(planDifferences(one, other)).toStrictEqual([]);
    expect(JSON.stringify(one)).not.toContain("site-a");
  });

  it("differ in what is done, to what, and in what it becomes", () => {
    const reviewed = planDigests(plan(change(["create"]), change(["delete"]), change(["update"], { after })));
    const now = planDigests(
      plan(
        change(["create"]),
        change(["update"], { after: { ...after, b: 2 } }),
        change(["delete", "create"]),
      ),
    );
    expect(planDifferences(reviewed, now)).toStrictEqual([
      "docker_container.delete: reviewed, and no longer in the plan",
      "docker_container.delete-create: in the plan, and not reviewed",
      "docker_container.update: becomes something else than what was reviewed",
    ]);
  });

  it("differ in what forces a replacement", () => {
    const one = (path: string) =>
      planDigests(plan(change(["delete", "create"], { after, replace_paths: [[path]] })));
    expect(planDifferences(one("image"), one("upload"))).toHaveLength(1);
  });
});
