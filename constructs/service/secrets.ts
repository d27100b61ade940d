import { isAbsolute, posix } from "node:path";
import type { ContainerMounts } from "@cdktf/provider-docker/lib/container";

/** From cdktf.out/stacks/<name>, where Terraform runs, to the project's root. */
const ROOT_FROM_STACK = "${path.root}/../../..";

/** Where secret files are found inside a container that was given them. */
export const SECRETS_MOUNT = "/run/secrets";

const PLACEHOLDER = /@\{secret:([^}]*)\}/g;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * The directory of secret files on the Docker host.
 *
 * A secret's text never passes through here: rendered files carry a placeholder with its name, and the release
 * container that is given the file fills it in.
 */
export class Secrets {
  constructor(private readonly directory: string) {}

  /** The text that stands for the secret `name` in a rendered file. */
  public static placeholder(name: string): string {
    if (!NAME.test(name)) {
      throw new Error(
        `secret name '${name}' is not one: letters, digits, '.', '_' and '-', folders with '/'`,
      );
    }
    return `@{secret:${name}}`;
  }

  /** Names of the secrets that `text` refers to, each once, sorted. */
  public static namesIn(...texts: readonly string[]): string[] {
    const names = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ""));
    return [...new Set(names)].sort();
  }

  /** A read-only mount of one secret file, or of a folder of them, below /run/secrets. */
  public mount(name: string): ContainerMounts {
    // A relative directory exists for environments on this machine. Terraform makes it absolute, so that the
    // synthesized JSON has no path of one machine in it.
    const source = isAbsolute(this.directory)
      ? posix.join(this.directory, name)
      : `\${abspath("${ROOT_FROM_STACK}/${posix.join(this.directory, name)}")}`;
    return { type: "bind", source, target: posix.join(SECRETS_MOUNT, name), readOnly: true };
  }
}
