import { Embed } from "./embed";
import { isOurs } from "./logic/call";
import { parsePageConfig } from "./logic/page-config";
import { SipLog } from "./logic/sip-log";
import { Tones } from "./media/tones";
import { Phone, type PhoneState } from "./phone";
import { CallsView } from "./ui/calls-view";
import { LineView } from "./ui/line-view";
import { LogView } from "./ui/log-view";
import { notice } from "./ui/notices";
import { PreferenceStore } from "./ui/preferences";
import { QualityView } from "./ui/quality-view";
import { RecentView } from "./ui/recent-view";
import { SettingsView } from "./ui/settings-view";
import { SignInView } from "./ui/sign-in-view";
import { showTheme } from "./ui/theme";

const isEmbedded = new URLSearchParams(location.search).has("embed");

async function start(): Promise<void> {
  const preferences = new PreferenceStore();
  showTheme(preferences);
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status} ${answer.statusText}`);
  const config = parsePageConfig(await answer.json());

  const log = new SipLog();
  const tones = new Tones();
  const phone = new Phone({
    url: `wss://${location.host}/ws`,
    domain: location.hostname,
    autoAnswerHeaders: config.autoAnswerHeaders,
    preferences: () => {
      const { talk, hold, microphone, speaker } = preferences.current;
      return { talk: { talk, hold }, ...(microphone && { microphone }), ...(speaker && { speaker }) };
    },
    log,
    onChange: (state, call) => {
      show(state);
      if (call) calls.announce(call);
      if (call?.phase === "ended") recent.add(call);
      embed?.changed(state, call);
    },
    onNotice: notice,
    onMessage: () => logView.show(),
  });

  const signIn = new SignInView(phone, () => tones.unlock());
  const line = new LineView(phone);
  const calls = new CallsView(phone, () => tones.unlock());
  const recent = new RecentView(
    (number) => void calls.dial(number).catch((error: Error) => notice(error.message)),
  );
  const quality = new QualityView(phone);
  const logView = new LogView(log);
  const onSpeaker = (id: string) => tones.setSpeaker(id);
  const settings = new SettingsView({ phone, preferences, talkEvents: config.talkEvents, onSpeaker });
  onSpeaker(preferences.current.speaker ?? "");

  function show(state: PhoneState): void {
    signIn.show(state);
    line.show(state);
    calls.show(state);
    settings.show(state);
    if (state.line.at === "off") recent.clear();
    const rings = state.calls.some(({ phase }) => phase === "incoming");
    const ringsThere = state.calls.some(({ id }) => phone.needsRingback(id));
    tones.play(rings ? "ring" : ringsThere ? "ringback" : undefined);
  }

  show(phone.state);
  const embed = isEmbedded ? new Embed(phone, config.embedOrigins) : undefined;
  setInterval(() => {
    const { state } = phone;
    line.show(state);
    calls.tick(Date.now());
    const talking = state.calls.filter(({ phase }) => phase === "active");
    void quality.tick((talking.find(({ held }) => !held) ?? talking[0])?.id);
  }, 1000);
  // Leaving the page would drop the call.
  addEventListener("beforeunload", (event) => {
    if (phone.state.calls.some(isOurs)) event.preventDefault();
  });
}

start().catch((error: Error) => notice(`The phone can't start: ${error.message}`));
