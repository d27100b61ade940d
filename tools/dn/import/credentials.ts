import {
  type Credential,
  credentialOfPassword,
  credentialSchema,
  digestSecret,
  isDigestSecret,
} from "../../../assets/database/src/credential";
import { listOf, type PjsipObject, textOf } from "./objects";

/** A phone's password, as far as the other system knew it. */
export interface TakenPassword {
  /** What the secret dn/<number> holds: the password, or a digest. */
  readonly secret: string;
  readonly credential: Credential;
  /** What there is to say about it. */
  readonly note?: string;
}

/** Why a phone can't sign in here as it did. */
export interface NoPassword {
  readonly fault: string;
}

/** The realm that Asterisk challenges with where an auth names none (res_pjsip's own default). */
const ASTERISK_REALM = "asterisk";
const LONGEST_PASSWORD = 1024;

/**
 * The password of an auth object. In clear text it becomes the DN's secret. A digest is taken as it is, with the user
 * name and the realm that it is bound to; so is a password whose user name is not the DN.
 *
 * @param ours realm of our digests
 * @param defaultRealm of the other system, where its global section names one
 */
export function passwordOf(
  auth: PjsipObject,
  number: string,
  ours: string,
  defaultRealm: string | undefined,
): TakenPassword | NoPassword {
  const username = textOf(auth, "username");
  if (username === undefined || username === "")
    return { fault: `its auth '${auth.id}' has no username, so that nobody could sign in there` };
  const type = (textOf(auth, "auth_type") ?? "userpass").toLowerCase();
  if (!["userpass", "md5", "digest"].includes(type))
    return { fault: `auth_type=${type} is none that a browser phone can do: give it a password` };

  const password = textOf(auth, "password") ?? "";
  const digests = digestsOf(auth);
  const md5 = digests.get("MD5");
  if (password !== "" && (type === "userpass" || (type === "digest" && md5 === undefined)))
    return ofPassword(username, number, ours, password);
  if (md5 !== undefined) {
    const realm = textOf(auth, "realm") || defaultRealm || ASTERISK_REALM;
    return ofDigest({ username, realm, md5: md5.toLowerCase() }, number);
  }
  if (digests.size > 0) {
    const others = [...digests.keys()].join(", ");
    return { fault: `it has a digest of ${others} only, and browser phones answer MD5: give it a password` };
  }
  return { fault: `its auth '${auth.id}' has no password and no digest: give it a password` };
}

function ofPassword(
  username: string,
  number: string,
  ours: string,
  password: string,
): TakenPassword | NoPassword {
  if (password.length > LONGEST_PASSWORD || /\p{Cc}/u.test(password))
    return { fault: "its password has control characters or is very long: give it another one" };
  const credential = credentialOfPassword(username, ours, password);
  if (username === number && !isDigestSecret(password)) return { secret: password, credential };
  return ofDigest(credential, number);
}

function ofDigest(credential: Credential, number: string): TakenPassword | NoPassword {
  if (!credentialSchema.safeParse(credential).success) {
    const { username, realm, md5 } = credential;
    return credentialSchema.shape.md5.safeParse(md5).success
      ? { fault: `user name '${username}' or realm '${realm}' can't be taken over: give it a password` }
      : { fault: "its digest is not 32 hexadecimal digits, so that nobody could sign in there" };
  }
  return {
    secret: digestSecret(credential),
    credential,
    ...(credential.username !== number && {
      note: `its phone signs in as user ${credential.username}: the page /phone/ can't, for it takes the DN`,
    }),
  };
}

/** By algorithm. `md5_cred` is the older spelling of `password_digest=MD5:...`. */
function digestsOf(auth: PjsipObject): Map<string, string> {
  const digests = new Map<string, string>();
  const cred = textOf(auth, "md5_cred");
  if (cred !== undefined && cred !== "") digests.set("MD5", cred.replace(/^MD5:/i, ""));
  for (const entry of listOf(auth, "password_digest")) {
    const colon = entry.indexOf(":");
    const [algorithm, digest] =
      colon === -1 ? ["MD5", entry] : [entry.slice(0, colon).trim().toUpperCase(), entry.slice(colon + 1)];
    digests.set(algorithm, digest.trim());
  }
  return digests;
}
