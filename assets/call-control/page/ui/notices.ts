import { byId, setText } from "./elements";

/** Milliseconds. */
const shown = 12_000;

const box = byId("notice");
const text = byId("notice-text");
let timer: ReturnType<typeof setTimeout> | undefined;

byId("notice-close").addEventListener("click", () => {
  box.hidden = true;
});

/** Shows, and reads out, what the reader should know now. */
export function notice(message: string): void {
  clearTimeout(timer);
  setText(text, message);
  box.hidden = false;
  timer = setTimeout(() => {
    box.hidden = true;
  }, shown);
}
