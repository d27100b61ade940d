import { missing, type Rights } from "../logic/access";
import type { Recording } from "../logic/messages";
import { lasting } from "../logic/words";
import type { Api } from "./api";
import { Badge, button, element } from "./elements";
import { notice } from "./notices";
import { exact } from "./times";

/** A call's recordings, to be heard and downloaded by addresses that are asked for when they are needed. */
export function recordingList(api: Api, rights: Rights, recordings: readonly Recording[]): HTMLElement {
  const items = recordings.map((recording) => item(api, rights, recording));
  const none = element("p", "note", "It has not been recorded.");
  return element(
    "section",
    "recordings",
    element("h2", "", "Recordings"),
    items.length === 0 ? none : element("ol", "", ...items),
  );
}

function item(api: Api, rights: Rights, recording: Recording): HTMLLIElement {
  const { id, state, started_at, duration, expires_at } = recording;
  const length = duration === null ? "" : `, ${lasting(duration)}`;
  const about = element("span", "about", `${exact(started_at)}${length}`);
  about.title = `Started by ${recording.started_by}, kept until ${exact(expires_at)}`;
  const made = element("li", "", about);
  switch (state) {
    case "done":
      if (rights.listen) made.append(player(api, id, exact(started_at)), saver(api, id, exact(started_at)));
      else made.append(element("span", "note", missing("listen")));
      break;
    case "recording":
      made.append(new Badge({ word: "Being recorded", sign: "record" }).node);
      break;
    case "failed":
      made.append(
        new Badge({ word: `Failed: ${recording.failure ?? "no reason is known"}`, sign: "bad" }).node,
      );
      break;
    case "deleted":
      made.append(element("span", "note", "It was kept until its time was over."));
  }
  return made;
}

function player(api: Api, id: string, began: string): HTMLElement {
  const place = element("span", "player");
  const play = button("", "Play", () => {
    play.disabled = true;
    api
      .recording(id)
      .then((address) => {
        const audio = element("audio");
        audio.controls = true;
        audio.src = address;
        audio.setAttribute("aria-label", `Recording of ${began}`);
        audio.addEventListener("error", () => {
          // The address may be too old by now: the next one is new.
          place.replaceChildren(play);
          notice("The recording can't be played. Try again, or download it.");
        });
        place.replaceChildren(audio);
        audio.focus();
        return audio.play();
      })
      .catch((error: Error) => {
        // The browser wants a click of its own: the controls are there for it.
        if (error.name !== "NotAllowedError" && error.name !== "NotSupportedError") notice(error.message);
      })
      .finally(() => {
        play.disabled = false;
      });
  });
  play.setAttribute("aria-label", `Play the recording of ${began}`);
  place.append(play);
  return place;
}

function saver(api: Api, id: string, began: string): HTMLElement {
  const save = button("", "Download", () => {
    save.disabled = true;
    api
      .recording(id, true)
      .then((address) => {
        const link = element("a");
        link.href = address;
        link.download = "";
        link.click();
      })
      .catch((error: Error) => notice(error.message))
      .finally(() => {
        save.disabled = false;
      });
  });
  save.setAttribute("aria-label", `Download the recording of ${began}`);
  return save;
}
