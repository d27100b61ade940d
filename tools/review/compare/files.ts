import type { Deployment, Service } from "../model/deployment";
import type { FileChange } from "./change";
import { wiringText } from "./containers";

/** Every rendered file that differs, and the wiring of every container that does. */
export function fileChanges(base: Deployment | undefined, head: Deployment): FileChange[] {
  const before = base?.services ?? {};
  const services = [...new Set([...Object.keys(before), ...Object.keys(head.services)])].sort();
  return services.flatMap((service) => {
    const [old, now] = [textsOf(before[service]), textsOf(head.services[service])];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((path) => old[path] !== now[path])
      .sort()
      .map((path) => ({ service, path, before: old[path], after: now[path] }));
  });
}

function textsOf(service: Service | undefined): Record<string, string> {
  return { ...service?.files, ...wiringText(service) };
}
