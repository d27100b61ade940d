import type { Deployment, Service } from "../model/deployment";
import type { FileChange } from "./change";
import { wiringText } from "./containers";

/** Every rendered file that differs, and the wiring of every container that does. */
export function fileChanges(base: Deployment, head: Deployment): FileChange[] {
  const services = [...new Set([...Object.keys(base.services), ...Object.keys(head.services)])].sort();
  return services.flatMap((service) => {
    const [old, now] = [textsOf(base.services[service]), textsOf(head.services[service])];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((path) => old[path] !== now[path])
      .sort()
      .map((path) => ({ service, path, before: old[path], after: now[path] }));
  });
}

function textsOf(service: Service | undefined): Record<string, string> {
  return { ...service?.files, ...wiringText(service) };
}
