import { byId, setText } from "./elements";

const dialog = byId<HTMLDialogElement>("confirm");

/** Asks before something is done that can't be taken back. Escape, and what has the focus at first, mean no. */
export function confirmed(title: string, words: string, yes: string): Promise<boolean> {
  setText(byId("confirm-title"), title);
  setText(byId("confirm-words"), words);
  setText(byId("confirm-yes"), yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

byId("confirm-yes").addEventListener("click", () => dialog.close("yes"));
byId("confirm-no").addEventListener("click", () => dialog.close());
