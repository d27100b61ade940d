import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { aptInstall } from "./engine";
import { OperatorError, step } from "./progress";

/** Debian's: a browser that playwright would download is not the one that users have. */
const CHROMIUM = "/usr/bin/chromium";

const QUIET = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update"],
];

/** A microphone that beeps, permission given; media between pages of one machine. */
const MICROPHONE = [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--allow-loopback-in-peer-connection",
  "--autoplay-policy=no-user-gesture-required",
];

/**
 * Chromium without a window, for tests and benchmarks.
 *
 * @param options handleSIGINT: whether Ctrl-C ends the browser, and this process with it
 */
export function launchBrowser(
  args: readonly string[] = MICROPHONE,
  { handleSIGINT = true }: { readonly handleSIGINT?: boolean } = {},
): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...args], handleSIGINT });
}

/** Installs Debian's Chromium where it is missing. */
export async function ensureBrowser(): Promise<void> {
  if (existsSync(CHROMIUM)) return;
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new OperatorError(`${CHROMIUM} is missing: install it, or run this as root on Debian`);
  }
  await step("Chromium: install Debian's package", async (show) => {
    await aptInstall(["chromium", "fonts-dejavu-core"], show);
  });
}
