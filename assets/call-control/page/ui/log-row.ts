import type { Rights } from "../logic/access";
import type { Call } from "../logic/messages";
import { lasting, partiesOf, stateShown, typeWords } from "../logic/words";
import type { Api } from "./api";
import type { CampaignNames } from "./campaign-names";
import { Badge, button, element, facts } from "./elements";
import { recordingList } from "./recordings";
import { brief, exact } from "./times";

export interface LogRowOptions {
  readonly api: Api;
  readonly rights: Rights;
  readonly names: CampaignNames;
}

const columns = 7;

/** One call of the log: a row, and below it, when it is opened, everything else about the call. */
export function logRow(call: Call, options: LogRowOptions): HTMLTableSectionElement {
  const { from_number, to_number, agent, type, duration } = call;
  const more = element("td", "more");
  more.colSpan = columns;
  more.id = `more-${call.id}`;
  const moreRow = element("tr", "more-row", more);
  moreRow.hidden = true;
  const toggle = button("link", brief(call.started_at), () => {
    const opens = moreRow.hidden !== false;
    moreRow.hidden = !opens;
    toggle.setAttribute("aria-expanded", String(opens));
    body.classList.toggle("open", opens);
    // A recording that plays on unseen would be a riddle.
    if (opens) void fill(more, call, options);
    else more.replaceChildren();
  });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", more.id);
  toggle.setAttribute("aria-label", `${brief(call.started_at)}, ${partiesOf(call)}`);
  const row = element(
    "tr",
    "log-row",
    element("td", "", toggle),
    element("td", "party", from_number),
    element("td", "party", to_number),
    element("td", "", agent ?? ""),
    element("td", "", typeWords[type]),
    element("td", "", new Badge(stateShown(call)).node),
    element("td", "number", duration === null ? "" : lasting(duration)),
  );
  row.addEventListener("click", ({ target }) => {
    // Who marks text to copy it does not want the row to move.
    if ((target as Element).closest("button") === null && getSelection()?.isCollapsed) toggle.click();
  });
  const body = element("tbody", "", row, moreRow);
  return body;
}

async function fill(place: HTMLElement, call: Call, { api, rights, names }: LogRowOptions): Promise<void> {
  const waiting = element("p", "note", "Loading");
  place.replaceChildren(about(call, names), waiting);
  try {
    const logged = await api.call(call.id);
    // Closed, or opened once more, meanwhile.
    if (!waiting.isConnected) return;
    place.replaceChildren(about(logged, names), recordingList(api, rights, logged.recordings));
  } catch (error) {
    waiting.className = "fault";
    waiting.textContent = (error as Error).message;
  }
}

function about(call: Call, names: CampaignNames): HTMLElement {
  const { campaign_id, cause, cause_text } = call;
  return facts([
    ["Type", typeWords[call.type]],
    ["Agent", call.agent],
    ["Began", exact(call.started_at)],
    ["Answered", call.answered_at === null ? "Never" : exact(call.answered_at)],
    ["Ended", call.ended_at === null ? "Not yet" : exact(call.ended_at)],
    ["Talked", call.duration === null ? null : lasting(call.duration)],
    ["Cause", cause === null ? cause_text : `${cause_text ?? "unknown"} (${cause})`],
    ["Trunk", call.trunk],
    ["Campaign", campaign_id === null ? null : names.of(campaign_id)],
    ["Channel", element("code", "", call.channel_id)],
    ["Other channel", call.peer_channel_id === null ? null : element("code", "", call.peer_channel_id)],
    ["Call", element("code", "", call.id)],
  ]);
}
