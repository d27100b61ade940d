import { readFileSync } from "node:fs";
import { OperatorError, runCommand } from "../progress";
import { MARKER } from "./render/review";

/** Pages of 100 comments that are looked through for the one of before. */
const MAX_PAGES = 20;
const DEADLINE = 30_000;

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly user: { readonly login: string } | null;
}

export interface PullRequest {
  /** `https://api.github.com` */
  readonly api: string;
  /** `owner/name` */
  readonly repository: string;
  readonly number: number;
  readonly token: string;
}

/** Who writes with the token that a workflow is given. */
const AUTHOR = "github-actions[bot]";

/**
 * Writes the review to the pull request: into its comment of before, or into a new one.
 *
 * @throws OperatorError with GitHub's answer when it refuses
 */
export async function comment(to: PullRequest, body: string): Promise<"created" | "updated"> {
  if (!body.startsWith(MARKER)) throw new OperatorError("that is no review: make it with 'npm run review'");
  const comments = `/repos/${to.repository}/issues/${to.number}/comments`;
  const before = await find(to, comments);
  if (before === undefined) {
    await request(to, "POST", comments, { body });
    return "created";
  }
  await request(to, "PATCH", `/repos/${to.repository}/issues/comments/${before.id}`, { body });
  return "updated";
}

async function find(to: PullRequest, comments: string): Promise<Comment | undefined> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = (await request(to, "GET", `${comments}?per_page=100&page=${page}`)) as readonly Comment[];
    // Anybody can write the marker: only our own comment may be changed.
    const own = found.find(({ body, user }) => user?.login === AUTHOR && body?.startsWith(MARKER));
    if (own) return own;
    if (found.length < 100) return undefined;
  }
  return undefined;
}

async function request(to: PullRequest, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(to.api + path, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${to.token}`,
      "x-github-api-version": "2022-11-28",
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(DEADLINE),
  });
  const text = await response.text();
  if (!response.ok)
    throw new OperatorError(`GitHub answers ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** The pull request of the workflow that this runs in, from the variables that GitHub Actions sets. */
export function pullRequestOf(env: NodeJS.ProcessEnv): PullRequest {
  const variable = (name: string) => {
    const value = env[name];
    if (!value) throw new OperatorError(`${name} is not set: this runs in a workflow of GitHub Actions`);
    return value;
  };
  const event = JSON.parse(readFileSync(variable("GITHUB_EVENT_PATH"), "utf8"));
  const number = event.pull_request?.number;
  if (!Number.isInteger(number)) throw new OperatorError("the event is none of a pull request");
  return {
    api: variable("GITHUB_API_URL"),
    repository: variable("GITHUB_REPOSITORY"),
    number,
    token: variable("GITHUB_TOKEN"),
  };
}

if (require.main === module) {
  runCommand(async () => {
    const [file, ...rest] = process.argv.slice(2);
    if (file === undefined || rest.length > 0) throw new OperatorError("usage: comment.ts <file>");
    console.log(`comment ${await comment(pullRequestOf(process.env), readFileSync(file, "utf8"))}`);
    return 0;
  });
}
