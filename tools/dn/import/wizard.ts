import { isTrue, type PjsipObject, type PjsipOption, textOf, words } from "./objects";

/** What Asterisk makes of a section of pjsip_wizard.conf (type=wizard): an endpoint and an AOR, and an auth. */
export function objectsOfWizard(wizard: PjsipObject): PjsipObject[] {
  const { id, place } = wizard;
  const made = (
    type: string,
    name: string,
    prefix: string,
    more: Record<string, string | undefined>,
  ): PjsipObject => {
    const options = new Map<string, readonly PjsipOption[]>();
    for (const [option, values] of wizard.options)
      if (option.startsWith(prefix)) options.set(option.slice(prefix.length), values);
    for (const [option, value] of Object.entries(more))
      if (value !== undefined) options.set(option, [...(options.get(option) ?? []), { value, place }]);
    return { type, id: name, place, options };
  };
  const accepts = isTrue(textOf(wizard, "accepts_auth"));
  const sends = isTrue(textOf(wizard, "sends_auth"));
  const [host] = words(textOf(wizard, "remote_hosts") ?? "");
  return [
    made("endpoint", id, "endpoint/", {
      aors: id,
      transport: textOf(wizard, "transport"),
      auth: accepts ? `${id}-iauth` : undefined,
      outbound_auth: sends ? `${id}-oauth` : undefined,
    }),
    made("aor", id, "aor/", { contact: host && `sip:${host}` }),
    ...(accepts ? [made("auth", `${id}-iauth`, "inbound_auth/", {})] : []),
  ];
}
