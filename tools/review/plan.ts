import { createHash } from "node:crypto";
import { OperatorError } from "../progress";

/** One thing that Terraform is going to do. */
export interface PlannedAction {
  /** `docker_container.nginx_service_container_D2D988A3` */
  readonly address: string;
  /** `docker_container` */
  readonly type: string;
  /** Its name in the engine, such as `local-nginx`; the address where it has none. */
  readonly name: string;
  readonly action: "created" | "changed in place" | "replaced" | "destroyed";
  /** Attributes that force a replacement, or why else it is replaced. */
  readonly because: readonly string[];
}

interface ChangeJson {
  readonly actions: readonly string[];
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly after_unknown?: unknown;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
}

interface ResourceChangeJson {
  readonly address: string;
  readonly type: string;
  readonly action_reason?: string;
  readonly change: ChangeJson;
}

/** What `terraform show -json PLAN` prints, as far as it is read here. */
export interface PlanJson {
  readonly format_version: string;
  readonly resource_changes?: readonly ResourceChangeJson[];
}

/** @throws OperatorError when it is not such a text, or of a form that is not known here */
export function parsePlan(text: string, source: string): PlanJson {
  let plan: Partial<PlanJson> | null;
  try {
    plan = JSON.parse(text);
  } catch {
    throw new OperatorError(`${source} is no JSON: write it with 'terraform show -json PLAN'`);
  }
  const version = String(plan?.format_version ?? "none");
  if (!/^1\./.test(version)) {
    throw new OperatorError(
      `${source} has format_version ${version}: 'terraform show -json PLAN' of Terraform 1 has 1.x`,
    );
  }
  return plan as PlanJson;
}

/** What the plan does, in the order of the addresses. No value of any attribute gets into it. */
export function plannedActions({ resource_changes: changes = [] }: PlanJson): PlannedAction[] {
  return effective(changes).map(({ address, type, action_reason: reason, change }) => {
    const { before, after } = change;
    const name = [after?.name, before?.name].find((candidate) => typeof candidate === "string") ?? address;
    const paths = (change.replace_paths ?? []).map((path) => String(path[0]));
    const because = [...new Set(paths)].sort();
    return {
      address,
      type,
      name: String(name),
      action: actionOf(change.actions),
      because: because.length === 0 && reason ? [REASONS[reason] ?? reason.replaceAll("_", " ")] : because,
    };
  });
}

const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: "its last deploy failed",
  replace_by_request: "asked for",
  delete_because_no_resource_config: "no longer in the stack",
};

function actionOf(actions: readonly string[]): PlannedAction["action"] {
  if (actions.includes("create") && actions.includes("delete")) return "replaced";
  if (actions.includes("create")) return "created";
  return actions.includes("delete") ? "destroyed" : "changed in place";
}

function effective(changes: readonly ResourceChangeJson[]): ResourceChangeJson[] {
  return changes
    .filter(({ change }) => change.actions.some((action) => ["create", "update", "delete"].includes(action)))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/**
 * What makes two plans the same: for each resource that is touched, a hash of what is done to it and of what it
 * becomes. Prior values are left out, among which are logs and times.
 */
export function planDigests({ resource_changes: changes = [] }: PlanJson): Record<string, string> {
  return Object.fromEntries(
    effective(changes).map(({ address, change }) => {
      const essence = sorted({
        actions: change.actions,
        after: change.after,
        unknown: change.after_unknown ?? null,
        replace: change.replace_paths ?? [],
      });
      return [address, createHash("sha256").update(JSON.stringify(essence)).digest("hex")];
    }),
  );
}

/** Addresses that two plans treat differently, with how, sorted. */
export function planDifferences(
  reviewed: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  return [...new Set([...Object.keys(reviewed), ...Object.keys(now)])]
    .filter((address) => reviewed[address] !== now[address])
    .sort()
    .map((address) => {
      if (now[address] === undefined) return `${address}: reviewed, and no longer in the plan`;
      return reviewed[address] === undefined
        ? `${address}: in the plan, and not reviewed`
        : `${address}: becomes something else than what was reviewed`;
    });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
