const { spawn } = require("node:child_process");
const { mkdtempSync, rmSync } = require("node:fs");

const DEADLINE = 10 * 60_000;

/** @type {import("node:child_process").ChildProcess | undefined} */
let running;
/** Whether this process has been told to end. */
let ending = false;

/**
 * Runs a command to its end. Told to end itself, this process ends the command first.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, input?: number }} [options] `input`: a file descriptor
 * @returns {Promise<string>} what it printed on stdout
 */
function run(command, args, { cwd, input } = {}) {
  const child = spawn(command, args, { cwd, stdio: [input ?? "ignore", "pipe", "pipe"], timeout: DEADLINE });
  running = child;
  let output = "";
  let complaint = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    complaint = (complaint + text).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      running = undefined;
      // The word to end may have come when the command had ended by itself.
      if (ending) reject(new Error("interrupted"));
      else if (status === 0) resolve(output);
      else reject(new Error(`'${command}' ended with ${status ?? signal}: ${complaint.trim()}`));
    });
  });
}

/**
 * Runs the main function of a script that leaves nothing behind: its fault is one message, and exit status 1.
 *
 * @param {(temporary: (prefix: string) => string) => Promise<void>} main `temporary` makes a directory that is removed
 */
function script(main) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => {
      ending = true;
      if (running) running.kill("SIGTERM");
      else process.exit(1);
    });
  const temporary = (/** @type {string} */ prefix) => {
    const directory = mkdtempSync(prefix);
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    return directory;
  };
  main(temporary).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}

module.exports = { run, script };
