import type Docker from "dockerode";
import type { Environment } from "../../config";
import { colors } from "../colors";
import { step } from "../progress";
import { checklist } from "./checks";
import { DockerHost } from "./host";
import { Phones } from "./phones";
import { type Outcome, renderTable } from "./table";

/**
 * Goes through the checklist of a running environment and prints it as a table.
 *
 * @returns 0 when every check is green, 1 otherwise
 */
export async function verify(environment: Environment, engine: Docker): Promise<number> {
  const subject = { environment, host: new DockerHost(engine, environment), phones: new Phones(environment) };
  const outcomes: Outcome[] = [];
  try {
    await step(`Verify ${environment.name} (${environment.forwardingMode})`, async (show) => {
      for (const { title, run } of checklist(environment)) {
        show(title);
        const outcome = await run(subject).then(
          (detail) => ({ check: title, passed: true, detail }),
          (error: Error) => ({ check: title, passed: false, detail: error.message }),
        );
        outcomes.push(outcome);
      }
    });
  } finally {
    await subject.phones.signOut();
  }
  console.log(renderTable(outcomes));
  const red = outcomes.filter((outcome) => !outcome.passed).length;
  console.log(
    red === 0
      ? colors.green(`all ${outcomes.length} checks green`)
      : colors.red(`${red} of ${outcomes.length} checks red`),
  );
  return red === 0 ? 0 : 1;
}
