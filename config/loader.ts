import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Environment, ForwardingMode } from "./environment";
import { displayName, EnvironmentError, type Fault, pathText, show } from "./faults";
import { faultsOf } from "./issues";
import { resolve } from "./resolve";
import { environmentFile, forwardingMode } from "./schema";
import { warningsOf } from "./warnings";
import { readYaml } from "./yaml";

export interface LoadedEnvironment {
  readonly environment: Environment;
  /** What deploys and is still unlikely to be meant; for the operator to read. */
  readonly warnings: readonly Fault[];
}

/** The variables of the process that have a say. */
export interface ProcessEnvironment {
  /** Overrides forwardingMode of every environment; empty is the same as absent. */
  readonly FORWARDING_MODE?: string | undefined;
}

const EXTENSION = ".yaml";
const MAX_BYTES = 1024 * 1024;

/**
 * Reads and checks one environment file, at most 1 MiB.
 *
 * @throws EnvironmentError with every fault of the file and of the variables.
 */
export function loadEnvironment(
  file: string,
  processEnv: ProcessEnvironment = process.env,
): LoadedEnvironment {
  const override = modeOverride(processEnv);
  const loaded = load(file, override.mode);
  const faults = [...override.faults, ...("faults" in loaded ? loaded.faults : [])];
  if (faults.length > 0 || "faults" in loaded) throw new EnvironmentError(faults);
  return loaded;
}

/**
 * Reads and checks every environment file of a directory, in the order of their names.
 *
 * @throws EnvironmentError with every fault of all files, or where the directory has no environment.
 */
export function loadEnvironments(
  directory: string,
  processEnv: ProcessEnvironment = process.env,
): LoadedEnvironment[] {
  const override = modeOverride(processEnv);
  let faults: Fault[] = [...override.faults];
  const environments: LoadedEnvironment[] = [];
  for (const file of environmentFiles(directory, faults)) {
    const loaded = load(file, override.mode);
    if ("faults" in loaded) faults = faults.concat(loaded.faults);
    else environments.push(loaded);
  }
  if (faults.length > 0) throw new EnvironmentError(faults);
  return environments;
}

function modeOverride({ FORWARDING_MODE: value }: ProcessEnvironment): {
  readonly mode?: ForwardingMode;
  readonly faults: readonly Fault[];
} {
  if (value === undefined || value === "") return { faults: [] };
  const parsed = forwardingMode.safeParse(value);
  if (parsed.success) return { mode: parsed.data, faults: [] };
  const message = `${parsed.error.issues[0]?.message} (an environment variable, which overrides the files)`;
  return { faults: [{ path: "FORWARDING_MODE", message }] };
}

/** Files whose names end in .yaml, hidden ones left out; .yml is a fault, because it looks like one and is none. */
function environmentFiles(directory: string, faults: Fault[]): string[] {
  const whole = { file: displayName(directory), path: "" };
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => !name.startsWith("."));
  } catch (error) {
    faults.push({
      ...whole,
      message: `cannot be read (${errorCode(error)}): name the directory of the environments`,
    });
    return [];
  }
  for (const name of names.filter((name) => extname(name) === ".yml")) {
    const path = displayName(join(directory, name));
    faults.push({
      file: path,
      path: "",
      message: `is not read: rename it to ${basename(name, ".yml")}${EXTENSION}`,
    });
  }
  const files = names.filter((name) => extname(name) === EXTENSION).sort();
  if (files.length === 0) {
    faults.push({ ...whole, message: `has no environment: write one, such as local${EXTENSION}` });
  }
  return files.map((name) => join(directory, name));
}

function load(file: string, mode: ForwardingMode | undefined): LoadedEnvironment | { faults: Fault[] } {
  const shown = displayName(file);
  const name = basename(file, EXTENSION);
  let faults: Fault[] = [];
  if (extname(file) !== EXTENSION || !/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    const message = `${show(basename(file))} does not name a stack: use lower-case letters, digits and '-', 32 at most, beginning with a letter, and end in ${EXTENSION}`;
    faults.push({ file: shown, path: "", message });
  }
  const read = readText(file);
  if ("message" in read) return { faults: [...faults, { file: shown, path: "", message: read.message }] };

  const yaml = readYaml(read.text);
  for (const { place, path, message } of yaml.faults) {
    faults.push({ file: shown, ...place, path: pathText(path), message });
  }
  if (yaml.data === undefined) return { faults };
  if (yaml.data === null) {
    const message = "is empty: an environment needs at least host: and genesys:";
    return { faults: [...faults, { file: shown, line: 1, column: 1, path: "", message }] };
  }
  // One parse does not earn back the time that zod takes to compile its functions.
  const parsed = environmentFile.safeParse(yaml.data, { jitless: true });
  if (!parsed.success) faults = faults.concat(faultsOf(parsed.error.issues, yaml, shown));
  if (!parsed.success || faults.length > 0) return { faults };

  const environment = resolve(name, parsed.data, mode ?? parsed.data.forwardingMode);
  const warnings = warningsOf(environment).map(({ path, message }) => ({
    file: shown,
    ...yaml.placeOf(path),
    path: pathText(path),
    message,
  }));
  return { environment, warnings };
}

/** The file's text, or a message that says why there is none. Reads regular files only, and never more than the bound. */
function readText(file: string): { readonly text: string } | { readonly message: string } {
  let descriptor: number | undefined;
  try {
    // Opening a named pipe would wait for its writer.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return { message: "is not a file" };
    const buffer = Buffer.allocUnsafe(MAX_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    if (length > MAX_BYTES) return { message: "is larger than 1 MiB: an environment is a few lines" };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (error) {
    return { message: readFault(errorCode(error)) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readFault(code: string): string {
  switch (code) {
    case "ENOENT":
      return "does not exist: write it, or name one of the files in environments/";
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "is not UTF-8 text: save it as UTF-8";
    default:
      return `cannot be read (${code})`;
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
