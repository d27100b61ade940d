import { eventually } from "../asterisk/docker";
import { Control, Site } from "./site";

jest.setTimeout(60_000);

const site = new Site("calls");

beforeAll(() => site.start(), 400_000);
afterAll(() => site.stop(), 60_000);
afterEach(async () => {
  const left = await eventually(
    "nothing to be left",
    async () => {
      const standing = await site.standing();
      return standing.length === 0 ? standing : undefined;
    },
    5_000,
  ).catch(() => site.standing());
  await site.clear();
  expect(left).toStrictEqual([]);
});

it("originates: rings the agent, then the number outside, joins them, and ends with the agent", async () => {
  const alice = await site.phone("1002");
  const control = await Control.start(site);
  site.provider.behaviour = "ring";
  const call = await control.engine.originate({ agent: "1002", to: "0612345678" });
  const incoming = await alice.incomingCall();
  expect(incoming.request.get("From")).toContain("+31612345678");
  await incoming.answer();
  const invite = await eventually("an INVITE at the provider", () => site.provider.invites[0]);
  expect(invite.request.uri.toString()).toContain("+31612345678");
  console.log(invite.request.toString(), control.story);
  await control.change("ringing");
  console.log(
    JSON.stringify(
      control.events.map((e) => [
        e.type,
        "channel" in e && e.channel?.id,
        "peer" in e && e.peer.id,
        "dialstatus" in e && e.dialstatus,
      ]),
      undefined,
      0,
    ),
  );
  await control.engine.hangup(call.id);
  await control.change("ended");
  console.log(control.changes);
});
