import { hostPort } from "./addresses";
import { resolveCallControl } from "./call-control";
import { expandDns } from "./dns";
import type { Environment, ForwardingMode } from "./environment";
import type { EnvironmentFile } from "./schema";

/** Fills in what depends on other parts of a checked file. */
export function resolve(name: string, file: EnvironmentFile, mode: ForwardingMode): Environment {
  const { host, nginx, relay, callControl, ...rest } = file;
  return {
    ...rest,
    host,
    ...(callControl && { callControl: resolveCallControl(callControl) }),
    name,
    forwardingMode: mode,
    dns: expandDns(file.dns),
    allowedDns: file.allowedDns ?? [file.monitor.range],
    nginx: {
      ...nginx,
      address: nginx.address ?? host.address,
      allowedOrigins: nginx.allowedOrigins ?? ownOrigins(file),
    },
    relay: { ...relay, address: relay.address ?? host.address },
  };
}

/** Origins of pages that nginx serves itself; a browser leaves the default port out (RFC 6454 6.2). */
function ownOrigins({ host, nginx }: EnvironmentFile): string[] {
  return [host.address, host.publicAddress]
    .filter((address) => address !== undefined)
    .map((address) => `https://${nginx.port === 443 ? address : hostPort(address, nginx.port)}`);
}
