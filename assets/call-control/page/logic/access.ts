/** GET access/: who signed in, and what that key may do. */
export interface Access {
  /** As audit rows have it: `key:<name>` or `jwt:<subject>`. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** Its calls are this DN's only; null: anybody's. */
  readonly agent: string | null;
}

/** What of the page needs which scope. */
const scopes = {
  seeCalls: "calls:read",
  originate: "calls:originate",
  hangUp: "calls:control",
  listen: "recordings:read",
  record: "recordings:write",
  seeCampaigns: "campaigns:read",
  runCampaigns: "campaigns:write",
} as const;

export type Right = keyof typeof scopes;
export type Rights = Readonly<Record<Right, boolean>>;

export function rightsOf({ scopes: granted }: Access): Rights {
  const has = (right: Right) => granted.includes(scopes[right]);
  return {
    seeCalls: has("seeCalls"),
    originate: has("originate"),
    hangUp: has("hangUp"),
    listen: has("listen"),
    record: has("record"),
    seeCampaigns: has("seeCampaigns"),
    runCampaigns: has("runCampaigns"),
  };
}

/** "desk-1, DN 1001" */
export function whoIs({ name, agent }: Access): string {
  const short = name.replace(/^(key|jwt):/, "");
  return agent === null ? short : `${short}, DN ${agent}`;
}

/** Why something is not there. */
export function missing(right: Right): string {
  return `This key lacks the scope ${scopes[right]}.`;
}

export const parts = ["live", "log", "campaigns"] as const;
export type Part = (typeof parts)[number];

/** The parts of the page that these rights open, in order. */
export function partsOf({ seeCalls, originate, seeCampaigns }: Rights): readonly Part[] {
  const open: Record<Part, boolean> = {
    live: seeCalls || originate,
    log: seeCalls,
    campaigns: seeCampaigns,
  };
  return parts.filter((part) => open[part]);
}
