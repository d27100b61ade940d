import type Docker from "dockerode";
import type { KeyAnswers, KeyRequest } from "../../assets/database/src/key-request";
import { DatabaseRequests } from "../database-requests";

/** The API keys in the database of a running environment. */
export class KeyDatabase {
  private readonly requests: DatabaseRequests;

  constructor(engine: Docker, environment: string) {
    this.requests = new DatabaseRequests(engine, environment);
  }

  /** @throws NotDeployed, or OperatorError (DatabaseRequests.ask) */
  public ask<What extends KeyRequest["what"]>(
    request: Extract<KeyRequest, { what: What }>,
  ): Promise<KeyAnswers[What]> {
    const asked = this.requests.ask({ command: "keys", request, lookBy: "npm run keys -- list" });
    return asked as Promise<KeyAnswers[What]>;
  }
}
