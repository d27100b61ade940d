import { type FakeAsterisk as FakeAmi, message } from "../../../lib/ami/fake-asterisk";

/** A contact as PJSIPShowContacts lists it. */
export interface ListedContact {
  readonly dn: string;
  readonly uri: string;
  readonly callId?: string;
}

/** An outbound registration as PJSIPShowRegistrationsOutbound lists it. */
export interface ListedRegistration {
  readonly dn: string;
  readonly status: string;
}

/** Makes the manager interface answer the lists that the proxy asks for. */
export function answerLists(
  ami: FakeAmi,
  contacts: () => Iterable<ListedContact>,
  registrations: () => Iterable<ListedRegistration> = () => [],
): void {
  ami.answers.set("PJSIPShowContacts", (id) =>
    list(
      id,
      "ContactList",
      [...contacts()].map(({ dn, uri, callId }) => [
        ["ObjectName", `${dn};@0123`],
        ["Uri", uri],
        ["Status", "NonQualified"],
        ...(callId === undefined ? [] : [["CallId", callId] as const]),
      ]),
    ),
  );
  ami.answers.set("PJSIPShowRegistrationsOutbound", (id) =>
    list(
      id,
      "OutboundRegistrationDetail",
      [...registrations()].map(({ dn, status }) => [
        ["ObjectName", `genesys-${dn}`],
        ["ClientUri", `sip:${dn}@192.0.2.81`],
        ["ServerUri", "sip:192.0.2.81"],
        ["Status", status],
      ]),
    ),
  );
}

function list(id: string, event: string, items: (readonly [string, string])[][]): string {
  if (items.length === 0)
    return message(["Response", "Error"], ["ActionID", id], ["Message", "No Objects found"]);
  return [
    message(["Response", "Success"], ["ActionID", id], ["EventList", "start"], ["Message", "follows"]),
    ...items.map((item) => message(["Event", event], ["ActionID", id], ...item)),
    message(["Event", `${event}Complete`], ["ActionID", id], ["EventList", "Complete"], ["ListItems", "1"]),
  ].join("");
}
