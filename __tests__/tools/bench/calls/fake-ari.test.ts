import { readEvent } from "../../../../lib/ari/events";
import { channelOf } from "../../../../tools/bench/calls/fake-ari";

describe("channelOf", () => {
  it("is a channel that the ARI client reads", () => {
    const event = {
      ...{ type: "StasisStart", application: "callcenter", timestamp: "", args: ["internal", "1003"] },
      channel: channelOf("bench-00000001", "Ring"),
    };
    expect(readEvent(JSON.stringify(event))).toMatchObject({
      known: true,
      event: { channel: { name: "PJSIP/1002-00000001", dialplan: { app_name: "Stasis" } } },
    });
  });
});
