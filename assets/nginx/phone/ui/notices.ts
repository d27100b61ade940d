import { element, write } from "./dom";

const box = element("notice", HTMLElement);
const text = element("notice-text", HTMLElement);
const announce = element("announce", HTMLElement);
const alarm = element("alarm", HTMLElement);

/** Milliseconds. */
const SHOWN = 12_000;

let timer: ReturnType<typeof setTimeout> | undefined;

element("notice-close", HTMLButtonElement).addEventListener("click", () => {
  box.hidden = true;
});

/** Shows, and reads out, what the user should know now. */
export function notice(message: string): void {
  clearTimeout(timer);
  write(text, message);
  box.hidden = false;
  timer = setTimeout(() => {
    box.hidden = true;
  }, SHOWN);
}

/** For screen readers: when there is time. */
export function say(message: string): void {
  write(announce, message);
}

/** For screen readers: at once. */
export function sayNow(message: string): void {
  write(alarm, message);
}
