import { type Line, LineKeeper } from "../../../../assets/nginx/phone/logic/line";

/** A line with a clock that stands still until it is told to go on. */
function aLine(random = 0.5) {
  const actions: string[] = [];
  const seen: Line["at"][] = [];
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const line = new LineKeeper(
    {
      connect: () => actions.push("connect"),
      disconnect: () => actions.push("disconnect"),
      register: () => actions.push("register"),
    },
    {
      now: () => now,
      random: () => random,
      after: (milliseconds, run) => {
        const timer = { at: now + milliseconds, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    ({ at }) => seen.push(at),
  );
  const pass = (milliseconds: number) => {
    now += milliseconds;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };
  const registered = () => {
    line.signIn();
    line.connected();
    line.registered();
  };
  return { line, actions, seen, pass, registered, timers: () => timers.length };
}

it("connects, registers and is registered, and needs no timer then", () => {
  const { line, actions, seen, registered, timers } = aLine();
  registered();
  expect(actions).toStrictEqual(["connect", "register"]);
  expect(seen).toStrictEqual(["connecting", "registering", "registered"]);
  expect(line.line).toStrictEqual({ at: "registered" });
  expect(timers()).toBe(0);
});

it("waits twice as long at most after each failure, and no longer than half a minute", () => {
  const { line, registered } = aLine(0.9999999);
  registered();
  const waits: number[] = [];
  for (let count = 0; count < 7; count++) {
    line.disconnected("lost");
    const state = line.line;
    if (state.at === "waiting") waits.push(state.until);
    line.tryNow();
  }
  expect(waits).toStrictEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

it("begins with short waits again once it was registered", () => {
  const { line, registered } = aLine(0.9999999);
  registered();
  for (let count = 0; count < 4; count++) {
    line.disconnected("lost");
    line.tryNow();
  }
  line.connected();
  line.registered();
  line.disconnected("lost");
  expect(line.line).toMatchObject({ at: "waiting", until: 1000 });
});

it("connects again by itself after the wait, and registers", () => {
  const { line, actions, pass, registered } = aLine();
  registered();
  line.disconnected("the connection is lost");
  expect(line.line).toStrictEqual({ at: "waiting", until: 500, why: "the connection is lost" });
  pass(500);
  line.connected();
  expect(actions).toStrictEqual(["connect", "register", "connect", "register"]);
});

it("registers on the same connection after a temporary refusal", () => {
  const { line, actions, pass, registered } = aLine();
  registered();
  line.registrationFailed(503, "503 Service Unavailable");
  pass(1000);
  expect(actions).toStrictEqual(["connect", "register", "register"]);
});

it("takes a connection for dead that brings no answer", () => {
  const { line, actions, pass, registered } = aLine();
  registered();
  line.registrationFailed(undefined, "no answer to REGISTER");
  pass(1000);
  expect(actions).toStrictEqual(["connect", "register", "disconnect", "connect"]);
});

it.each([
  ["connecting", 10_000, (line: LineKeeper) => line.signIn()],
  [
    "registering",
    35_000,
    (line: LineKeeper) => {
      line.signIn();
      line.connected();
    },
  ],
])("does not wait for ever while %s", (state, deadline, begin) => {
  const { line, actions, pass } = aLine();
  begin(line);
  pass(deadline - 1);
  expect(line.line.at).toBe(state);
  pass(1);
  expect(line.line.at).toBe("waiting");
  expect(actions.at(-1)).toBe("disconnect");
});

it.each([401, 403, 407])("gives up on a password that was never accepted: %d", (status) => {
  const { line, timers } = aLine();
  line.signIn();
  line.connected();
  line.registrationFailed(status, "no");
  expect(line.line).toStrictEqual({ at: "off", why: "The DN or the password is not accepted (no)." });
  expect(timers()).toBe(0);
});

it("goes on with a password that was accepted before", () => {
  const { line, registered } = aLine();
  registered();
  line.registrationFailed(403, "403 Forbidden");
  expect(line.line.at).toBe("waiting");
});

it("uses the network as soon as it is back, and proves a connection that seems well", () => {
  const { line, actions, registered } = aLine();
  registered();
  line.networkBack();
  expect(actions.at(-1)).toBe("register");
  line.disconnected("lost");
  line.networkBack();
  expect(actions.at(-1)).toBe("connect");
});

it("does nothing more once signed out", () => {
  const { line, actions, timers, registered } = aLine();
  registered();
  line.disconnected("lost");
  line.signOut();
  const before = [...actions];
  line.connected();
  line.disconnected("lost");
  line.registered();
  line.registrationFailed(503, "no");
  line.networkBack();
  line.tryNow();
  expect([line.line, actions, timers()]).toStrictEqual([{ at: "off" }, before, 0]);
});
