import type { Deployment } from "../tools/review/model/deployment";
import type { Severity } from "../tools/review/severity";

/** A rule of the site that every environment has to keep. A review tells who breaks it, and can refuse the change. */
export interface Policy {
  /** In a few words, such as "no `latest` image". */
  readonly name: string;
  /** Of a violation that a change brings. */
  readonly severity: Severity;
  /** One sentence for each violation, the same for the same deployment; empty where the rule is kept. */
  check(deployment: Deployment): string[];
}
