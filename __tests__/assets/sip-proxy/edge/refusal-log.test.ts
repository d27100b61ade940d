import { RefusalLog } from "../../../../assets/sip-proxy/src/edge/refusal-log";
import { recordingLog } from "../support/log";

const refusal = { address: "192.0.2.1", status: 429, reason: "too many wrong passwords", origin: undefined };

it("tells of each reason once a second at most, and how many it has left out", () => {
  const log = recordingLog();
  const refusals = new RefusalLog(log);
  for (let now = 0; now < 1_000; now += 10) refusals.refused("guessing", refusal, now);
  refusals.refused("origin", { ...refusal, status: 403 }, 500);
  expect(log.lines.map(({ fields }) => fields.status)).toEqual([429, 403]);
  refusals.refused("guessing", refusal, 1_000);
  expect(log.lines.at(-1)).toMatchObject({
    message: "WebSocket refused",
    fields: { ...refusal, untold: 99 },
  });
  refusals.refused("guessing", refusal, 5_000);
  expect(log.lines.at(-1)?.fields.untold).toBeUndefined();
});
