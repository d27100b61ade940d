import { byId, setText } from "./elements";

/** For as long as the tab is open, and only there. */
const KEY = "calls.key";

/** Why one has to sign in again, over the loading of the page. */
const WHY = "calls.why";

const form = byId<HTMLFormElement>("sign-in");
const input = byId<HTMLInputElement>("key");
const fault = byId("sign-in-fault");
const submit = byId<HTMLButtonElement>("sign-in-submit");

export function keptKey(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Forgets the key and whatever was shown with it. */
export function signOut(why?: string): void {
  sessionStorage.removeItem(KEY);
  if (why !== undefined) sessionStorage.setItem(WHY, why);
  location.reload();
}

/**
 * Asks for a key until there is one that is taken.
 *
 * @param take rejects with the reason why the key is not taken
 */
export function askForKey(take: (key: string) => Promise<void>): void {
  form.hidden = false;
  setText(fault, sessionStorage.getItem(WHY) ?? "");
  sessionStorage.removeItem(WHY);
  input.focus();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    // A key is one line without blanks, which come along when it is pasted.
    const key = input.value.trim();
    submit.disabled = true;
    setText(fault, "");
    take(key)
      .then(
        () => {
          sessionStorage.setItem(KEY, key);
          input.value = "";
          form.hidden = true;
        },
        (error: Error) => {
          setText(fault, error.message);
          input.select();
          input.focus();
        },
      )
      .finally(() => {
        submit.disabled = false;
      });
  });
}
