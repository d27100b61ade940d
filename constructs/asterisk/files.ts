import { renderCoreFiles } from "./core";
import { renderDialplan } from "./dialplan";
import { renderInterfaceFiles } from "./interfaces";
import { renderPjsip } from "./pjsip";
import type { AsteriskFilesProps } from "./props";
import { renderRealtimeFiles } from "./realtime";
import { transports, trunk } from "./trunk";

/**
 * The files of Asterisk's release: name below /config/current to text. Secrets are placeholders.
 *
 * @throws ConfError when a value can't be written, or the trunk can't be told from the phones
 */
export function renderAsteriskFiles(props: AsteriskFilesProps): Record<string, string> {
  return {
    ...renderCoreFiles(props),
    ...renderRealtimeFiles(props),
    ...renderInterfaceFiles(props),
    "pjsip.conf": `#include pjsip_transports.conf\n\n${renderPjsip(trunk(props))}`,
    "pjsip_transports.conf": renderPjsip(transports(props)),
    "extensions.conf": renderDialplan(props),
  };
}

/** What Asterisk reads once: its directories, modules, transports, and where its objects are stored. */
const BOOT_FILES = [
  "asterisk.conf",
  "modules.conf",
  "sorcery.conf",
  "extconfig.conf",
  "res_odbc.conf",
  "odbc.ini",
  "odbcinst.ini",
  "pjsip_transports.conf",
] as const;

/**
 * Those of the rendered files that a running Asterisk doesn't take over: when one of them changes, the container has
 * to be replaced, which ends its calls. Everything else is reloaded.
 */
export function bootFiles(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(BOOT_FILES.map((name) => [name, files[name] ?? ""]));
}
