import type { Environment } from "../../../config";
import { blocks, type State, text } from "../../docker-provider/value";
import { readConf } from "./conf";
import type { ContainerModel, Deployment, Image, Service } from "./deployment";
import { renderedListeners } from "./listeners";
import { webPaths, webSocketUpstream } from "./nginx-conf";
import {
  containerState,
  type ResourceJson,
  resolveNames,
  type TerraformJson,
  unescapeTemplates,
} from "./terraform-json";

/** What one synthesis says about one environment. */
export interface Synthesized {
  readonly environment: Environment;
  readonly warnings: Deployment["warnings"];
  /** config/listeners.ts of the same side. */
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly terraform: TerraformJson;
  /** Build contexts: path in cdk.tf.json to the files in it. */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The model of one environment, from what its synthesis wrote. */
export function readDeployment({
  environment,
  warnings,
  listeners,
  terraform,
  contexts,
}: Synthesized): Deployment {
  const { resource } = resolveNames(terraform);
  const services = readServices(resource.docker_container ?? {});
  const nginxConf = services.nginx?.files["nginx.conf"] ?? "";
  return {
    name: environment.name,
    settings: environment,
    warnings,
    services,
    images: readImages(resource.docker_image ?? {}, contexts),
    volumes: Object.values(resource.docker_volume ?? {})
      .map(({ name }) => name)
      .sort(),
    listeners: renderedListeners(services, listeners),
    registrations: readConf(services.asterisk?.files["pjsip.conf"] ?? "")
      .filter(({ options }) => options.type === "registration")
      .map(({ name, options }) => options.contact_user ?? name)
      // Those at telephone providers have the trunk's name, which begins with a letter.
      .filter((user) => /^\d+$/.test(user)),
    webSocketUpstream: webSocketUpstream(nginxConf),
    webPaths: webPaths(nginxConf),
    secrets: secretNames(services, environment),
  };
}

function readServices(containers: Readonly<Record<string, ResourceJson>>): Record<string, Service> {
  const services: Record<string, Service> = {};
  const sorted = Object.entries(containers).sort(([, a], [, b]) => (a.name < b.name ? -1 : 1));
  for (const [id, resource] of sorted) {
    // <environment>/<service>/…: the construct that it stands in.
    const name = resource["//"].metadata.path.split("/")[1] ?? id;
    const { upload, ...attributes } = containerState(resource);
    const model: ContainerModel = { address: `docker_container.${id}`, name: resource.name, attributes };
    const before = services[name] ?? { name, container: undefined, oneShots: [], files: {} };
    const files = { ...before.files, ...uploaded(blocks(upload)) };
    services[name] =
      resource.must_run === false
        ? { ...before, files, oneShots: [...before.oneShots, model] }
        : { ...before, files, container: model };
  }
  return Object.fromEntries(Object.entries(services).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The release's own script is beside the service's files, under a name of its own. */
function uploaded(uploads: readonly State[]): Record<string, string> {
  return Object.fromEntries(
    uploads.map((upload) => [
      text(upload.file).replace(/^\/release\/files\//, ""),
      unescapeTemplates(text(upload.content)),
    ]),
  );
}

function readImages(
  images: Readonly<Record<string, ResourceJson>>,
  contexts: Synthesized["contexts"],
): Record<string, Image> {
  const models = Object.values(images).map((resource): Image => {
    const build = resource.build as
      | { readonly context: string; readonly build_args?: { readonly BASE?: string } }
      | undefined;
    const reference = resource.name;
    const name = reference.replace(/[:@][^/]*$/, "").replace(/^.*\//, "");
    if (build === undefined) return { name, reference };
    return { name, reference, base: build.build_args?.BASE, context: contexts[build.context] ?? {} };
  });
  return Object.fromEntries(
    models.sort((a, b) => (a.name < b.name ? -1 : 1)).map((image) => [image.name, image]),
  );
}

/** The folder `dn` stands for a file per DN, and `tls` for the certificate and its key, which a release names too. */
function secretNames(services: Readonly<Record<string, Service>>, environment: Environment): string[] {
  const mounted = Object.values(services)
    .flatMap(({ container, oneShots }) => [...(container ? [container] : []), ...oneShots])
    .flatMap(({ attributes }) => blocks(attributes.mounts).map(({ target }) => text(target)))
    .filter((target) => target.startsWith("/run/secrets/"))
    .map((target) => target.slice("/run/secrets/".length))
    .filter((name) => name !== "tls");
  const dns = [...environment.dns.map(({ number }) => number), environment.probeDn];
  const names = mounted.flatMap((name) => (name === "dn" ? dns.map((dn) => `dn/${dn}`) : [name]));
  return [...new Set(names)].sort();
}
