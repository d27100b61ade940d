import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { hostPort } from "../../config";
import { type Check, within } from "./checks";

/** Below so many days left, somebody has to look why nothing has renewed it. */
const DAYS_LEFT = 7;

/** Milliseconds: two looks of the container that puts a renewed certificate in force, and its release. */
const RENEWAL_DEADLINE = 30_000;

const DAY = 24 * 60 * 60 * 1000;

/** What nginx serves is what the Docker host has, and stays valid for a while. */
export const certificate: Check = {
  title: "certificate",
  async run({ environment, host }) {
    const { address, port } = environment.nginx;
    const served = await within(RENEWAL_DEADLINE, async () => {
      const ours = await servedAt(address, port);
      const file = await host.exec("nginx-certificate", ["cat", "/run/secrets/tls/certificate.pem"]);
      const theirs = new X509Certificate(file);
      if (ours.fingerprint256 !== theirs.fingerprint256) {
        throw new Error(
          `${hostPort(address, port)} serves ${words(ours)}, and secrets.directory has ${words(theirs)}:\n` +
            `docker logs ${environment.name}-nginx-certificate says why it is not taken`,
        );
      }
      return ours;
    });
    const fault = validityFault(served, Date.now());
    if (fault) throw new Error(`${words(served)} ${fault}: put a renewed one into secrets.directory/tls`);
    return `${words(served)}, ${daysLeft(served, Date.now())} days left`;
  },
};

/** Why a certificate is none for long; undefined when it is fine. */
export function validityFault(
  { validTo }: Pick<X509Certificate, "validTo">,
  now: number,
): string | undefined {
  const left = daysLeft({ validTo }, now);
  if (Date.parse(validTo) <= now) return "has expired";
  return left < DAYS_LEFT
    ? `runs out in ${left === 0 ? "hours" : `${left} ${left === 1 ? "day" : "days"}`}`
    : undefined;
}

/** Whole days. */
function daysLeft({ validTo }: Pick<X509Certificate, "validTo">, now: number): number {
  return Math.floor((Date.parse(validTo) - now) / DAY);
}

/** "CN=phone.example.com until 2026-05-01" */
function words({ subject, validTo }: X509Certificate): string {
  return `${subject.replaceAll("\n", ", ")} until ${new Date(validTo).toISOString().slice(0, 10)}`;
}

/**
 * The certificate that who connects is shown, whether to be trusted or not.
 *
 * @throws Error that says why there was none within 5 seconds
 */
function servedAt(host: string, port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: 5000 });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new Error(`${hostPort(host, port)}: ${reason}`));
    };
    socket.on("secureConnect", () => {
      const shown = socket.getPeerX509Certificate();
      if (!shown) return fail("no certificate");
      socket.destroy();
      resolve(shown);
    });
    socket.on("timeout", () => fail("no TLS handshake within 5 s"));
    socket.on("error", (error) => fail(error.message));
  });
}
