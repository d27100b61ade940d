import { type Access, missing, type Rights } from "../logic/access";
import type { Api } from "./api";
import { byId, setText } from "./elements";

const form = byId<HTMLFormElement>("new-call");
const agent = byId<HTMLInputElement>("new-call-agent");
const number = byId<HTMLInputElement>("new-call-number");
const submit = byId<HTMLButtonElement>("new-call-submit");
const said = byId("new-call-said");
const fault = byId("new-call-fault");

/** Originates calls, and says in the server's words why one is refused. */
export function startNewCall(api: Api, access: Access, rights: Rights): void {
  byId("new-call-fields").hidden = !rights.originate;
  if (!rights.originate) {
    const why = byId("new-call-missing");
    why.hidden = false;
    setText(why, missing("originate"));
    return;
  }
  if (access.agent !== null) {
    agent.value = access.agent;
    agent.readOnly = true;
    agent.title = "This key's calls are this DN's only";
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    const [dn, to] = [agent.value.trim(), number.value.trim()];
    submit.disabled = true;
    setText(fault, "");
    setText(said, `Ringing ${dn} …`);
    api
      .originate(to, dn)
      .then(
        () => {
          setText(said, `The phone of ${dn} rings first, then ${to} is called.`);
          number.value = "";
        },
        (error: Error) => {
          setText(said, "");
          setText(fault, error.message);
        },
      )
      .finally(() => {
        submit.disabled = false;
      });
  });
}
