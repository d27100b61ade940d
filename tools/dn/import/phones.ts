import type { Credential } from "../../../assets/database/src/credential";
import { readCallerId } from "./caller-id";
import { passwordOf } from "./credentials";
import { isTrue, listOf, optionOf, type PjsipObject, textOf } from "./objects";
import { type Place, placeText } from "./place";

/** A phone of the other system that can be taken over. */
export interface FoundPhone {
  readonly number: string;
  readonly displayName?: string;
  /** What the secret dn/<number> holds. */
  readonly secret: string;
  readonly credential: Credential;
  readonly place: Place;
  /** What will be different for its agent. */
  readonly notes: readonly string[];
  readonly endpoint: PjsipObject;
  readonly aors: readonly PjsipObject[];
}

/** Something that is not taken over, and why. */
export interface LeftOut {
  readonly place: Place;
  /** The name of the object. */
  readonly name: string;
  readonly reason: string;
}

export interface Phones {
  readonly found: readonly FoundPhone[];
  /** Phones that can't be taken over. */
  readonly leftOut: readonly LeftOut[];
  /** What has no phone: trunks and the like. */
  readonly others: readonly LeftOut[];
}

export interface PhoneRules {
  /** Realm of our digests. */
  readonly realm: string;
  readonly probeDn: string;
}

/** Finds the phones among the objects of a pjsip.conf or of a dump: endpoints that somebody signs in to. */
export function findPhones(objects: readonly PjsipObject[], rules: PhoneRules): Phones {
  return new Search(objects, rules).run();
}

const DN = /^\d{1,20}$/;

class Search implements Phones {
  readonly found: FoundPhone[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly others: LeftOut[] = [];
  private readonly byKey = new Map<string, PjsipObject>();
  /** Endpoints that are known by an address, or that Asterisk registers somewhere. */
  private readonly trunks: ReadonlySet<string>;
  private readonly transports: ReadonlySet<string>;
  private readonly defaultRealm: string | undefined;

  constructor(
    private readonly objects: readonly PjsipObject[],
    private readonly rules: PhoneRules,
  ) {
    const ofType = (...types: string[]) => objects.filter(({ type }) => types.includes(type));
    this.trunks = new Set(
      ofType("identify", "registration").flatMap((object) => textOf(object, "endpoint") ?? []),
    );
    this.transports = new Set(
      ofType("transport")
        .filter((transport) => /^wss?$/i.test(textOf(transport, "protocol") ?? ""))
        .map(({ id }) => id),
    );
    this.defaultRealm = ofType("global").flatMap((global) => textOf(global, "default_realm") ?? [])[0];
  }

  run(): Phones {
    for (const object of this.objects) {
      const key = `${object.type} ${object.id}`;
      const first = this.byKey.get(key);
      if (first === undefined) this.byKey.set(key, object);
      else if (["endpoint", "auth", "aor"].includes(object.type)) {
        this.leave(
          object,
          `is there twice as ${object.type}, first at ${placeText(first.place)}: only that one counts here; Asterisk refuses both`,
        );
      }
    }
    for (const object of this.byKey.values()) if (object.type === "endpoint") this.endpoint(object);
    const registrations = this.objects.filter(({ type }) => type === "registration");
    const [first] = registrations;
    if (first !== undefined) {
      this.others.push({
        place: first.place,
        name: `${registrations.length} × registration`,
        reason: "DNs are registered at Genesys by static mode, or by sip-proxy",
      });
    }
    return this;
  }

  private endpoint(endpoint: PjsipObject): void {
    const { id, place } = endpoint;
    const auths = listOf(endpoint, "auth");
    const aors = listOf(endpoint, "aors").flatMap((aor) => this.byKey.get(`aor ${aor}`) ?? []);
    const trunk = this.trunkReason(endpoint, aors);
    if (trunk !== undefined && (auths.length === 0 || !DN.test(id))) {
      this.others.push({ place, name: id, reason: `a trunk: ${trunk}` });
      return;
    }
    if (auths.length === 0 && !DN.test(id)) {
      this.others.push({ place, name: id, reason: "nobody signs in to it: it has no auth" });
      return;
    }
    if (!DN.test(id)) {
      const way = "and Genesys knows no others: give its agent a DN, with npm run dn -- add";
      this.leave(endpoint, `its name is no DN (1 to 20 digits), ${way}`);
      return;
    }
    if (id === this.rules.probeDn) {
      this.leave(endpoint, "it is the probeDn of the environment file: choose another probeDn there first");
      return;
    }
    if (auths.length === 0) {
      this.leave(endpoint, "it has no auth, so no password: npm run dn -- add gives it one");
      return;
    }
    this.phone(endpoint, auths, aors);
  }

  private phone(endpoint: PjsipObject, auths: readonly string[], aors: readonly PjsipObject[]): void {
    const { id: number, place } = endpoint;
    const known = auths.flatMap((auth) => this.byKey.get(`auth ${auth}`) ?? []);
    if (known.length === 0) {
      this.leave(endpoint, `its auth '${auths.join(", ")}' is not there: is a file or a table missing?`);
      return;
    }
    const tried = known.map((auth) => passwordOf(auth, number, this.rules.realm, this.defaultRealm));
    const taken = tried.find((result) => "secret" in result);
    if (taken === undefined || !("secret" in taken)) {
      const [first] = tried;
      this.leave(endpoint, first !== undefined && "fault" in first ? first.fault : "it has no password");
      return;
    }
    const { secret, credential, note } = taken;
    const { displayName, fault } = readCallerId(textOf(endpoint, "callerid") ?? "", number);
    const contact = aors.map((aor) => optionOf(aor, "contact")).find((option) => option !== undefined);
    const names = listOf(endpoint, "aors");
    const notes = [
      note,
      known.length > 1
        ? `it has ${known.length} auths: '${known[tried.indexOf(taken)]?.id}' is taken`
        : undefined,
      fault === undefined ? undefined : `${fault}: give it a displayName in the environment file`,
      names.length > 0 && !names.includes(number)
        ? `it registered as ${names.join(", ")}: here it has to register as ${number}`
        : undefined,
      contact === undefined
        ? undefined
        : `it has a contact for good (${placeText(contact.place)}): here a phone has to register`,
      this.isBrowserPhone(endpoint) ? undefined : "it was no browser phone: here phones come over wss only",
    ].filter((text) => text !== undefined);
    this.found.push({
      number,
      ...(displayName !== undefined && { displayName }),
      ...{ secret, credential, place, notes, endpoint, aors },
    });
  }

  private trunkReason(endpoint: PjsipObject, aors: readonly PjsipObject[]): string | undefined {
    if (textOf(endpoint, "outbound_auth")) return "Asterisk signs in somewhere with it (outbound_auth)";
    if (this.trunks.has(endpoint.id)) return "it is known by an address, or Asterisk registers it";
    if (aors.some((aor) => textOf(aor, "contact"))) return "its contact is there for good";
    return undefined;
  }

  private isBrowserPhone(endpoint: PjsipObject): boolean {
    return (
      isTrue(textOf(endpoint, "webrtc")) ||
      textOf(endpoint, "media_encryption")?.toLowerCase() === "dtls" ||
      this.transports.has(textOf(endpoint, "transport") ?? "")
    );
  }

  private leave({ id, place }: PjsipObject, reason: string): void {
    this.leftOut.push({ place, name: id, reason });
  }
}
