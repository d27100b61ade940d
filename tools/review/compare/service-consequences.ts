import { bootFiles } from "../../../constructs/asterisk/files";
import type { PlannedAction } from "../plan";
import type { Change, Consequence } from "./change";
import { reloadOf, replacementOf } from "./effects";

type Parts = Pick<Change, "containers" | "files" | "images" | "volumes">;

/** Those that a deploy fills again: a release's files, and the sockets that a service is reached by. */
const MADE_ANEW = /-(config|control)$/;

export function volumeConsequences({ volumes: { destroyed } }: Parts): Consequence[] {
  return destroyed.map(lostVolume);
}

function lostVolume(name: string): Consequence {
  const subject = `volume ${name}`;
  return MADE_ANEW.test(name)
    ? { severity: "low", subject, text: "destroyed; a deploy makes what it holds" }
    : { severity: "critical", subject, text: "destroyed: its data is lost" };
}

export function containerConsequences(change: Parts): Consequence[] {
  return change.containers
    .filter(({ longRunning }) => longRunning)
    .map(({ service, action, attributes }): Consequence => {
      const subject = service;
      const effect = replacementOf(service);
      switch (action) {
        case "replaced":
          return {
            ...effect,
            subject,
            text: `container replaced (${reasons(service, attributes, change)}): ${effect.text}`,
          };
        case "destroyed":
          return { ...effect, severity: "high", subject, text: "container destroyed: the service is gone" };
        case "created":
          return { severity: "low", subject, text: "container created: a new service", callsDropped: false };
        default:
          return {
            severity: "low",
            subject,
            text: `container changed in place (${attributes.join(", ")}), without a stop`,
            callsDropped: false,
          };
      }
    });
}

function reasons(service: string, attributes: readonly string[], { images, files }: Parts): string {
  const boot = Object.keys(bootFiles({}));
  return attributes
    .map((attribute) => {
      if (attribute === "image") {
        const image = images.find(({ name }) => name === service);
        return image
          ? `another image, ${tag(image.before?.reference)} → ${tag(image.after?.reference)}`
          : "another image";
      }
      if (attribute !== "labels webrtc-genesys.boot") return attribute;
      const read = files.filter((file) => file.service === service && boot.includes(file.path));
      const names = read.map(({ path }) => path).join(", ") || "a file";
      return `${names}, which it reads only when it starts`;
    })
    .join("; ");
}

function tag(reference: string | undefined): string {
  return reference?.split(":").at(-1) ?? "none";
}

/** Services that only take new files over. */
export function reloadConsequences({ containers: changes, files }: Parts): Consequence[] {
  const replaced = new Set(
    changes
      .filter(({ longRunning, action }) => longRunning && action !== "changed in place")
      .map((one) => one.service),
  );
  const services = [...new Set(files.map(({ service }) => service))].filter(
    (service) => !replaced.has(service),
  );
  return services.flatMap((service): Consequence[] => {
    const changed = files.filter((file) => file.service === service && !file.path.startsWith("container "));
    if (changed.length === 0) return [];
    const what = changed.length === 1 ? changed[0]?.path : `${changed.length} files`;
    return [
      {
        severity: "low",
        subject: service,
        text: `new release (${what}): it ${reloadOf(service)}`,
        callsDropped: false,
      },
    ];
  });
}

/** What Terraform is going to do beside what the change asks for: something has failed, or was changed by hand. */
export function consequencesOfPlan(change: Change, plan: readonly PlannedAction[]): Consequence[] {
  const known = new Set(
    [...change.containers.map(({ name }) => name), ...change.volumes.destroyed].concat(
      change.kind === "added" ? plan.map(({ name }) => name) : [],
    ),
  );
  const found: Consequence[] = [];
  for (const { type, name, action, because } of plan) {
    if (known.has(name) || (action !== "replaced" && action !== "destroyed")) continue;
    const service = name.slice(change.name.length + 1);
    const why = because.length > 0 ? ` (${because.join(", ")})` : "";
    if (type === "docker_volume") found.push(lostVolume(name));
    if (type !== "docker_container" || service.endsWith("-release")) continue;
    const effect = replacementOf(service);
    found.push({
      ...effect,
      subject: service,
      text: `Terraform's plan: container ${action}${why}: ${effect.text}`,
    });
  }
  return found;
}
