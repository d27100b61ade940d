import { defaultTimers, type TransactionContext } from "../../../../lib/sip";
import { Transaction } from "../../../../lib/sip/transactions/transaction";
import { FakeClock } from "../support/fake-clock";
import { RecordingTransport } from "../support/recording-transport";

class TwoSteps extends Transaction<"first" | "second"> {
  constructor(context: TransactionContext) {
    super("first", { first: ["second"], second: ["terminated"], terminated: [] }, context);
  }

  go(next: "first" | "second" | "terminated"): void {
    this.moveTo(next);
  }

  protected override transportFailed(): void {}
}

it("an illegal change of state throws and changes nothing", () => {
  const context = {
    clock: new FakeClock(),
    timers: defaultTimers,
    transport: new RecordingTransport(),
    onTerminated: () => undefined,
  };
  const transaction = new TwoSteps(context);
  expect(() => transaction.go("terminated")).toThrow(
    expect.objectContaining({ code: "illegal-transition", message: "TwoSteps: first to terminated" }),
  );
  expect(transaction.state).toBe("first");
  transaction.go("second");
  expect(() => transaction.go("first")).toThrow("second to first");
  transaction.go("terminated");
  expect(() => transaction.go("terminated")).toThrow("terminated to terminated");
});
