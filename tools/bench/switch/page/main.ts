import { SipLog } from "../../../../assets/nginx/phone/logic/sip-log";
import { Phone } from "../../../../assets/nginx/phone/phone";
import type { AgentsApi } from "./api";
import { Arrivals } from "./arrivals";
import { Microphone } from "./microphone";

/** Many agents' phones in one page: each is the phone of /phone/, without its looks. */

const phones = new Map<string, Phone>();
const arrivals = new Arrivals();
const microphone = new Microphone();

const agents: AgentsApi = {
  signIn(dn, password) {
    const phone = new Phone({
      url: `wss://${location.host}/ws`,
      domain: location.hostname,
      autoAnswerHeaders: false,
      preferences: () => ({ talk: { talk: true, hold: true } }),
      log: new SipLog(),
      onChange: () => undefined,
      onNotice: (text) => console.warn(`${dn}: ${text}`),
      onMessage: () => undefined,
    });
    phones.set(dn, phone);
    phone.signIn(dn, password);
  },

  states: () =>
    [...phones].map(([dn, { state }]) => ({
      dn,
      line: state.line.at,
      calls: live(state).map(({ id, phase }) => ({ id, active: phase === "active" })),
    })),

  async dial(from, to, sound) {
    const phone = phones.get(from);
    if (!phone) throw new Error(`${from} is not signed in`);
    microphone.isOn = sound;
    await phone.dial(to);
  },

  hangUp() {
    for (const phone of phones.values()) for (const { id } of live(phone.state)) phone.end(id);
  },

  listen: () => arrivals.listen(),
  gaps: () => arrivals.gaps(),
};

Object.assign(globalThis, { agents });

function live({ calls }: Phone["state"]) {
  return calls.filter(({ phase }) => phase !== "ended");
}
