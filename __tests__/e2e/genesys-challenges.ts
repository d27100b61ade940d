import type { LoggedMessage } from "../../assets/genesys-simulator/src/message-log";
import { engineOf } from "../../tools/engine";
import { simulator } from "../../tools/simulator";
import { DockerHost } from "../../tools/verify/host";
import { type Agents, call, expectAudio, hangUp } from "./agents";
import { eventually, MINUTE, registeredDns } from "./support";

/** Genesys asks for a password, and the environment has one (genesys.credentials). */
export function genesysChallenges(mode: "static" | "proxy", use: () => Agents): void {
  const settings = (digest: object) => simulator(use().environment, "/settings", "PUT", { digest });

  /** First lines of what passed, "+" for a request with credentials, in order. */
  async function passed(method: "REGISTER" | "INVITE", dn: string): Promise<string[]> {
    const path = `/messages?method=${method}&dn=${dn}&limit=2000`;
    const messages = await simulator<LoggedMessage[]>(use().environment, path);
    return messages.map(({ startLine, raw }) => {
      const [first = "", second = ""] = startLine.split(" ");
      if (first.startsWith("SIP/")) return second;
      return /^(Proxy-)?Authorization:/m.test(raw) ? `${first}+` : first;
    });
  }

  describe.each([401, 407])("a Genesys that answers %d until it is told a password", (status) => {
    beforeAll(() => settings({ enabled: true, status, methods: ["REGISTER", "INVITE"] }));

    afterAll(() => settings({ enabled: false, status: 401, methods: ["REGISTER"] }));

    it(
      "has the DNs registered, and their calls work",
      async () => {
        const { environment } = use();
        const both = await use().both();
        const [callee, caller] = both;
        await simulator(environment, "/messages", "DELETE");
        await simulator(environment, "/registrations", "DELETE");
        // sip-proxy notices by itself; Asterisk would with its next refresh.
        if (mode === "static")
          await new DockerHost(engineOf(environment), environment).asterisk("pjsip send register *all");
        await eventually(20_000, async () =>
          expect(await registeredDns(environment)).toEqual(expect.arrayContaining(["1002", "1003"])),
        );
        const registers = await passed("REGISTER", "1002");
        expect(registers.slice(1)).toEqual(expect.arrayContaining([String(status), "REGISTER+", "200"]));

        await call(both);
        await expectAudio(both, 1);
        await hangUp(caller, callee);
        expect((await passed("INVITE", "1003")).slice(0, 3)).toEqual(["INVITE", String(status), "INVITE+"]);
      },
      MINUTE,
    );
  });
}
