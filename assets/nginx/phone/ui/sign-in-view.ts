import { isDn } from "../logic/numbers";
import type { Phone, PhoneState } from "../phone";
import { element, write } from "./dom";

const form = element("sign-in", HTMLFormElement);
const dn = element("sign-in-dn", HTMLInputElement);
const password = element("sign-in-password", HTMLInputElement);
const fault = element("sign-in-fault", HTMLElement);
const desk = element("desk", HTMLElement);

/** Asks who it is, while nobody is signed in. */
export class SignInView {
  #shown: boolean | undefined;

  constructor(phone: Phone, onGesture: () => void) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!isDn(dn.value)) {
        write(fault, "A DN has 1 to 20 digits.");
        return;
      }
      onGesture();
      phone.signIn(dn.value, password.value);
      password.value = "";
    });
  }

  show({ line }: PhoneState): void {
    const isOff = line.at === "off";
    if (this.#shown === isOff) return;
    this.#shown = isOff;
    form.hidden = !isOff;
    desk.hidden = isOff;
    write(fault, line.at === "off" ? (line.why ?? "") : "");
    if (isOff) (dn.value === "" ? dn : password).focus();
    else element("number", HTMLInputElement).focus();
  }
}
