import { AGENT_CONTEXT } from "../../../constructs/asterisk/props";
import { isTrue, listOf, type PjsipObject, type PjsipOption } from "./objects";
import type { FoundPhone } from "./phones";
import type { Place } from "./place";

/** An option that phones had otherwise than they have it here. */
export interface Difference {
  /** `direct_media=yes` */
  readonly option: string;
  /** How many phones had it. */
  readonly phones: number;
  /** Where it stands first. */
  readonly place: Place;
  /** What it is here. */
  readonly here: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Names of options that no phone here has, with the number of phones that had them. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** What an option means here, and whether a value of it is the same. */
interface Rule {
  readonly here: string;
  readonly same: (value: string, object: PjsipObject) => boolean;
}

const yes = (why = ""): Rule => ({ here: `yes${why}`, same: (value) => isTrue(value) });
const no = (why = ""): Rule => ({ here: `no${why}`, same: (value) => !isTrue(value) });
const seconds = (text: string): Rule => ({ here: `${text} s`, same: (value) => value === text });

/** As constructs and assets/database/src/phones.ts have it. */
const ENDPOINT: Readonly<Record<string, Rule>> = {
  context: {
    here: `${AGENT_CONTEXT}: the dialplan is not taken over, calls go to Genesys`,
    same: (value) => value === AGENT_CONTEXT,
  },
  direct_media: no(": media passes through Asterisk"),
  dtmf_mode: { here: "rfc4733", same: (value) => /^(rfc4733|rfc2833|auto)$/i.test(value) },
  rewrite_contact: yes(),
  force_rport: yes(),
  rtp_symmetric: yes(),
  allow_overlap: no(),
  allow_subscribe: no(),
  trust_id_inbound: no(),
  trust_id_outbound: no(),
  acl: { here: "none: addresses are restricted in front of nginx", same: () => false },
  deny: { here: "none: addresses are restricted in front of nginx", same: () => false },
  contact_acl: { here: "none: addresses are restricted in front of nginx", same: () => false },
};

const AOR: Readonly<Record<string, Rule>> = {
  max_contacts: { here: "5, the oldest goes", same: (value) => Number(value) <= 5 },
  minimum_expiration: seconds("60"),
  default_expiration: seconds("600"),
  maximum_expiration: seconds("3600"),
};

/** What phones here have too, under whatever name, or what says nothing of a phone. */
const SILENT = new Set([
  ...["type", "auth", "aors", "callerid", "transport", "disallow", "identify_by", "contact", "permit"],
  ...["webrtc", "use_avpf", "media_encryption", "dtls_auto_generate_cert", "dtls_verify", "dtls_setup"],
  ...["dtls_cert_file", "dtls_private_key", "dtls_ca_file", "dtls_fingerprint", "ice_support", "rtcp_mux"],
  ...["media_use_received_transport", "bundle", "remove_existing", "qualify_frequency", "qualify_timeout"],
  ...["authenticate_qualify", "support_path"],
]);

/** Compares the options of phones with what all phones have here. */
export function compareOptions(phones: readonly FoundPhone[], codecs: readonly string[]): Comparison {
  const differences = new Map<string, Difference>();
  const ignored = new Map<string, number>();
  for (const { endpoint, aors } of phones) {
    const seen = new Set<string>();
    const look = (object: PjsipObject, rules: Readonly<Record<string, Rule>>) => {
      for (const [name, values] of object.options) {
        const last = values.at(-1);
        if (last === undefined || SILENT.has(name) || seen.has(name)) continue;
        seen.add(name);
        const rule = rules[name];
        if (rule === undefined) ignored.set(name, (ignored.get(name) ?? 0) + 1);
        else if (!rule.same(last.value, object)) {
          // Codecs are a list, one after the other or all in one.
          note(name, name === "allow" ? { ...last, value: listOf(object, name).join() } : last, rule.here);
        }
      }
    };
    const note = (name: string, { value, place }: PjsipOption, here: string) => {
      const option = `${name}=${value}`;
      const known = differences.get(option);
      differences.set(option, {
        option,
        place: known?.place ?? place,
        here,
        phones: (known?.phones ?? 0) + 1,
      });
    };
    look(endpoint, { ...ENDPOINT, allow: codecRule(codecs) });
    for (const aor of aors) look(aor, AOR);
  }
  return {
    differences: [...differences.values()].sort((a, b) => b.phones - a.phones),
    ignored: new Map([...ignored].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function codecRule(codecs: readonly string[]): Rule {
  return {
    here: `${codecs.join(",")}: 'codecs' of the environment file, for every phone`,
    same: (_, endpoint) => listOf(endpoint, "allow").join() === codecs.join(),
  };
}
