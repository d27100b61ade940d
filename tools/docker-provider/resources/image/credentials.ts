import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { Fault } from "../../fault";
import { type State, text } from "../../value";

/** What the engine shows a registry, by the registry's host name. */
export type RegistryCredentials = ReadonlyMap<string, object>;

interface ConfigFile {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
}

/** Reads the provider's registry_auth blocks. */
export function credentials(auths: readonly State[], env: NodeJS.ProcessEnv): RegistryCredentials {
  return new Map(
    auths.map((auth) => {
      const address = text(auth.address);
      const host = hostOf(address);
      const serveraddress = /^https?:\/\//.test(address) ? address : `https://${address}`;
      if (auth.auth_disabled === true)
        return [host, { serveraddress, username: "username", password: "password" }];
      const username = text(auth.username) || env.DOCKER_REGISTRY_USER || "";
      if (username) {
        const password = text(auth.password) || env.DOCKER_REGISTRY_PASS || "";
        return [host, { serveraddress, username, password }];
      }
      return [host, { serveraddress, ...fromFile(auth, host, env) }];
    }),
  );
}

function fromFile(auth: State, host: string, env: NodeJS.ProcessEnv): object {
  const content = text(auth.config_file_content);
  const path = (text(auth.config_file) || env.DOCKER_CONFIG || "~/.docker/config.json").replace(
    /^~/,
    homedir(),
  );
  let config: ConfigFile;
  try {
    config = JSON.parse(content || readFileSync(path, "utf8"));
  } catch (error) {
    // The text may hold a password: say where it is wrong, not what it says.
    const reason = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    throw new Fault(
      "The registry's credentials can't be read",
      `${content ? "config_file_content" : path}: ${reason}. Or give username and password.`,
      ["registry_auth"],
    );
  }
  if (config.credHelpers?.[host] || config.credsStore)
    throw new Fault(
      "Credential helpers are not implemented by the built-in Docker provider",
      `${content ? "config_file_content" : path} leaves ${host} to one. Give username and password, or use kreuzwerker/docker from the registry.`,
      ["registry_auth"],
    );
  const found = Object.entries(config.auths ?? {}).find(([address]) => hostOf(address) === host)?.[1];
  if (!found) return {};
  if (found.auth) {
    const [username, ...password] = Buffer.from(found.auth, "base64").toString().split(":");
    return { username, password: password.join(":"), identitytoken: found.identitytoken };
  }
  return { username: found.username, password: found.password, identitytoken: found.identitytoken };
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").split("/")[0] ?? "";
}

/** The host name of the registry that an image name refers to. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || rest.length > 1);
  return named ? first : "registry-1.docker.io";
}
