import type Docker from "dockerode";
import type { DnAnswers, DnRequest } from "../../assets/database/src/request";
import { DatabaseRequests } from "../database-requests";

/** The DNs in the database of a running environment. */
export class DnDatabase {
  private readonly requests: DatabaseRequests;

  constructor(engine: Docker, environment: string) {
    this.requests = new DatabaseRequests(engine, environment);
  }

  /** @throws NotDeployed, or OperatorError (DatabaseRequests.ask) */
  public ask<What extends DnRequest["what"]>(
    request: Extract<DnRequest, { what: What }>,
  ): Promise<DnAnswers[What]> {
    const asked = this.requests.ask({ command: "dns", request, lookBy: "npm run dn -- list" });
    return asked as Promise<DnAnswers[What]>;
  }
}
