import { renderConf, type Section } from "./conf";
import { ARI_USER, type AsteriskFilesProps } from "./props";

/** Everything that only has events: what a user who watches may read. */
const WATCH = "system,call,log,verbose,reporting,dialplan,cdr,dtmf,security";

/**
 * The interfaces on the loopback address: HTTP (WebSocket, ARI, metrics) and AMI.
 *
 * AMI lets a user run an action when one of the action's classes is in the user's `write`; `read` is about events
 * only, and nothing restricts single actions. So:
 * - `monitor` has no write class. It can run no action that shows or changes anything, and takes its first
 *   picture from /metrics, which can only be read. (A registration is listed there from its first answer on, and may
 *   stay listed as unregistered after it was removed: Asterisk forgets to purge every second one.)
 * - `proxy` has `write = system`, the least that PJSIPNotify and PJSIPShowContacts need. No other class is given:
 *   Originate, Command, Redirect, UpdateConfig and the like are refused.
 */
export function renderInterfaceFiles({
  asterisk,
  httpSessionLimit = 4000,
  callControl,
}: AsteriskFilesProps): Record<string, string> {
  const { internalAddress, httpPort, amiPort } = asterisk;
  const loopbackOnly = { deny: "0.0.0.0/0.0.0.0", permit: "127.0.0.0/255.0.0.0" };
  const user = (name: string, options: Section["options"]): Section => ({
    name,
    options: { secret: { secret: `ami-${name}` }, ...loopbackOnly, ...options, writetimeout: 5000 },
  });
  return {
    "http.conf": renderConf([
      {
        name: "general",
        options: {
          servername: "Asterisk",
          enabled: true,
          bindaddr: internalAddress,
          bindport: httpPort,
          sessionlimit: httpSessionLimit,
          enable_static: false,
          enable_status: false,
        },
      },
    ]),
    "manager.conf": renderConf([
      {
        name: "general",
        options: {
          enabled: true,
          webenabled: false,
          bindaddr: internalAddress,
          port: amiPort,
          authtimeout: 10,
          authlimit: 20,
          displayconnects: true,
        },
      },
      user("monitor", { read: WATCH, write: "" }),
      user("proxy", { read: "system", write: "system" }),
    ]),
    "ari.conf": renderConf([
      {
        name: "general",
        options: {
          enabled: true,
          pretty: false,
          // Milliseconds. An application that reads nothing for longer gets no event any more (docs/ari.md).
          websocket_write_timeout: callControl && 1000,
        },
      },
      {
        name: ARI_USER,
        options: { type: "user", read_only: false, password_format: "plain", password: { secret: "ari" } },
      },
    ]),
    "prometheus.conf": renderConf([
      {
        name: "general",
        options: {
          enabled: true,
          core_metrics_enabled: true,
          uri: "metrics",
          auth_username: "monitor",
          auth_password: { secret: "ami-monitor" },
        },
      },
    ]),
  };
}
