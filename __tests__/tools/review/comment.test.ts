import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comment, type PullRequest, pullRequestOf } from "../../../tools/review/comment";
import { MARKER } from "../../../tools/review/render/review";

interface Stored {
  id: number;
  body: string;
  user: { login: string } | null;
}

/** As much of GitHub as a comment needs, on loopback. */
class GitHub {
  public readonly comments: Stored[] = [];
  public readonly requests: string[] = [];
  public refuse = false;
  private server!: Server;

  public async start(): Promise<PullRequest> {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? "", "http://127.0.0.1");
      this.requests.push(`${request.method} ${url.pathname}`);
      const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
      if (this.refuse || request.headers.authorization !== "Bearer token") {
        answer(403, { message: "Resource not accessible by integration" });
        return;
      }
      const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()).body : undefined;
      if (request.method === "GET") {
        const page = Number(url.searchParams.get("page"));
        answer(200, this.comments.slice((page - 1) * 100, page * 100));
      } else if (request.method === "POST") {
        this.comments.push({ id: this.comments.length + 1, body, user: { login: "github-actions[bot]" } });
        answer(201, {});
      } else {
        const one = this.comments.find(({ id }) => url.pathname.endsWith(`/comments/${id}`));
        if (one) one.body = body;
        answer(one ? 200 : 404, {});
      }
    });
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const { port } = this.server.address() as AddressInfo;
    return { api: `http://127.0.0.1:${port}`, repository: "owner/name", number: 7, token: "token" };
  }

  public stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

let github: GitHub;
let pull: PullRequest;
beforeEach(async () => {
  github = new GitHub();
  pull = await github.start();
});
afterEach(() => github.stop());

describe("the comment of a review", () => {
  it("is made once, and updated in place after that", async () => {
    expect(await comment(pull, `${MARKER}\nfirst`)).toBe("created");
    expect(await comment(pull, `${MARKER}\nsecond`)).toBe("updated");
    expect(github.comments.map(({ body }) => body)).toStrictEqual([`${MARKER}\nsecond`]);
    expect(github.requests).toContain("POST /repos/owner/name/issues/7/comments");
    expect(github.requests.at(-1)).toBe("PATCH /repos/owner/name/issues/comments/1");
  });

  it("is found behind many others", async () => {
    for (let id = 1; id <= 150; id++) github.comments.push({ id, body: "talk", user: { login: "somebody" } });
    await comment(pull, `${MARKER}\nfirst`);
    expect(await comment(pull, `${MARKER}\nsecond`)).toBe("updated");
    expect(github.comments).toHaveLength(151);
  });

  it("is never somebody else's, whatever they write", async () => {
    github.comments.push(
      { id: 1, body: `${MARKER}\nmine`, user: { login: "somebody" } },
      { id: 2, body: MARKER, user: null },
    );
    expect(await comment(pull, `${MARKER}\nfirst`)).toBe("created");
    expect(github.comments[0]?.body).toBe(`${MARKER}\nmine`);
  });

  it("holds a review and nothing else", async () => {
    await expect(comment(pull, "anything")).rejects.toThrow("that is no review");
    expect(github.requests).toStrictEqual([]);
  });

  it("fails with GitHub's own words", async () => {
    github.refuse = true;
    await expect(comment(pull, MARKER)).rejects.toThrow(
      /GitHub answers 403 to GET .*: .*Resource not accessible by integration/,
    );
  });
});

describe("the pull request", () => {
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-review-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const env = (event: object) => {
    const file = join(directory, "event.json");
    writeFileSync(file, JSON.stringify(event));
    return {
      GITHUB_EVENT_PATH: file,
      GITHUB_API_URL: "https://api.example",
      GITHUB_REPOSITORY: "o/n",
      GITHUB_TOKEN: "t",
    };
  };

  it("is that of the event", () => {
    expect(pullRequestOf(env({ pull_request: { number: 12 } }))).toStrictEqual({
      api: "https://api.example",
      repository: "o/n",
      number: 12,
      token: "t",
    });
  });

  it("is refused where there is none", () => {
    expect(() => pullRequestOf(env({}))).toThrow("the event is none of a pull request");
    expect(() => pullRequestOf(env({ pull_request: { number: "1/../2" } }))).toThrow(
      "none of a pull request",
    );
    expect(() => pullRequestOf({})).toThrow("GITHUB_EVENT_PATH is not set");
  });
});
