import { nanoseconds } from "./duration";
import { attributePath, diagnostic, diagnostics, Fault, Faults } from "./fault";
import { plan } from "./plan";
import { type Context, finish, type Resource } from "./resource";
import { type ResourceName, schemas, toProtocol } from "./schema";
import { upgrade } from "./upgrade";
import { validate } from "./validate";
import { asObject, hasUnknown, type State, text } from "./value";
import { type DynamicValue, decode, encode } from "./wire";

export type Request = {
  type_name: string;
  config: DynamicValue | null;
  current_state: DynamicValue | null;
  prior_state: DynamicValue | null;
  planned_state: DynamicValue | null;
  private: Uint8Array;
  prior_private: Uint8Array;
  planned_private: Uint8Array;
  raw_state: { json: Uint8Array; flatmap: Record<string, string> } | null;
  version: number;
  id: string;
};
export type Response = Record<string, unknown>;
type Method = (request: Request) => Response | Promise<Response>;

/** The SDK's bound on one operation, which the real provider keeps too. */
const OPERATION_DEADLINE = 20 * 60_000;

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where this provider is reached; finds the Terraform processes that use it. */
  readonly socketPath?: string;
}

/** One configured provider: the answers to Terraform's calls on one connection. */
export class Provider {
  private readonly stopping = new AbortController();
  private context: Omit<Context, "signal"> | undefined;

  constructor(private readonly surroundings: Surroundings) {}

  /** Gives up whatever is under way. */
  close(): void {
    this.stopping.abort(new Fault("Interrupted", "Terraform asked the provider to stop."));
    this.context?.engine.close();
  }

  methods(): Record<string, Method> {
    return {
      GetSchema: () => this.schema(),
      PrepareProviderConfig: (request) => this.prepare(request),
      ValidateResourceTypeConfig: (request) => this.validate(request),
      ValidateDataSourceConfig: (request) => noDataSource(request),
      UpgradeResourceState: (request) => this.upgrade(request),
      Configure: (request) => this.configure(request),
      ReadResource: (request) => this.read(request),
      PlanResourceChange: (request) => this.plan(request),
      ApplyResourceChange: (request) => this.apply(request),
      ImportResourceState: (request) => this.import(request),
      ReadDataSource: (request) => noDataSource(request),
      Stop: () => {
        this.stopping.abort(new Fault("Interrupted", "Terraform asked the provider to stop."));
        return { Error: "" };
      },
    };
  }

  private schema(): Response {
    const { provider, ...resources } = schemas;
    return {
      provider: toProtocol(provider),
      resource_schemas: Object.fromEntries(
        Object.entries(resources).map(([name, schema]) => [name, toProtocol(schema)]),
      ),
      server_capabilities: { get_provider_schema_optional: true },
    };
  }

  private prepare(request: Request): Response {
    const config = decode(schemas.provider.attributes, request.config) ?? {};
    const faults = validate("provider", config);
    return { prepared_config: request.config, diagnostics: faults.map(diagnostic) };
  }

  private validate(request: Request): Response {
    const name = resourceName(request);
    const config = decode(schemas[name].attributes, request.config) ?? {};
    return { diagnostics: validate(name, config).map(diagnostic) };
  }

  private upgrade(request: Request): Response {
    const name = resourceName(request);
    const state = upgrade(name, request.version, request.raw_state?.json, request.raw_state?.flatmap);
    return { upgraded_state: encode(schemas[name].attributes, state) };
  }

  private async configure(request: Request): Promise<Response> {
    const config = decode(schemas.provider.attributes, request.config) ?? {};
    const { configure } = require("./configure") as typeof import("./configure");
    this.context?.engine.close();
    this.context = undefined;
    // Such a plan may still make new resources; what has to be asked of an engine fails with the reason.
    if (hasUnknown(config)) return {};
    this.context = await configure(config, this.surroundings, this.stopping.signal);
    return {};
  }

  private async read(request: Request): Promise<Response> {
    const name = resourceName(request);
    const { attributes } = schemas[name];
    const state = decode(attributes, request.current_state);
    if (state === null) return { new_state: request.current_state, private: request.private };
    const resource = load(name);
    const found = await this.within((context) => resource.read(context, state));
    return { new_state: encode(attributes, found), private: request.private };
  }

  private async plan(request: Request): Promise<Response> {
    const name = resourceName(request);
    const schema = schemas[name];
    const config = decode(schema.attributes, request.config);
    if (config === null)
      return { planned_state: encode(schema.attributes, null), planned_private: request.prior_private };
    const prior = decode(schema.attributes, request.prior_state);
    const resource = load(name);
    const { planned, replace } = plan(schema, prior, config, resource.rules);
    return {
      planned_state: encode(schema.attributes, planned),
      requires_replace: replace.map((attribute) => attributePath([attribute])),
      planned_private: request.prior_private,
      legacy_type_system: true,
    };
  }

  private async apply(request: Request): Promise<Response> {
    const name = resourceName(request);
    const { attributes } = schemas[name];
    const prior = decode(attributes, request.prior_state);
    const planned = decode(attributes, request.planned_state);
    const resource = load(name);
    const answer = (state: State | null, error?: unknown): Response => ({
      new_state: encode(attributes, state === null ? null : finish(state)),
      private: request.planned_private,
      diagnostics: error === undefined ? [] : diagnostics(error),
      legacy_type_system: true,
    });

    if (planned === null) {
      if (prior === null) return answer(null);
      return this.within((context) => resource.delete(context, prior), deadlineOf(prior, "delete")).then(
        () => answer(null),
        (error) => answer(prior, error),
      );
    }
    // The plan may have been made before every value was known.
    const faults = validate(name, planned);
    if (faults.length > 0) return answer(prior, new Faults(faults));
    if (prior === null) {
      // What exists already when a later step fails: Terraform marks it as tainted and removes it at the next apply.
      let kept: State | null = null;
      const keep = (state: State) => {
        kept = state;
      };
      return this.within(
        (context) => resource.create(context, planned, keep),
        deadlineOf(planned, "create"),
      ).then(
        (state) => answer(state),
        (error) => answer(kept, error),
      );
    }
    return this.within(
      (context) => resource.update(context, prior, planned),
      deadlineOf(planned, "update"),
    ).then(
      (state) => answer(state),
      (error) => answer(prior, error),
    );
  }

  private async import(request: Request): Promise<Response> {
    const name = resourceName(request);
    const resource = load(name);
    if (resource.import === undefined)
      throw new Fault(
        `${name} can't be imported`,
        "An image has no importer in kreuzwerker/docker 3.6.2 either.",
      );
    return {
      imported_resources: [
        { type_name: name, state: encode(schemas[name].attributes, resource.import(request.id)) },
      ],
    };
  }

  /** Runs an operation that ends by its deadline, or when Terraform is interrupted. */
  private async within<T>(
    operation: (context: Context) => Promise<T>,
    milliseconds = OPERATION_DEADLINE,
  ): Promise<T> {
    if (!this.context)
      throw new Fault(
        "The Docker provider is not configured",
        "A value of its provider block is not known before the apply, or Terraform's connection was renewed in the middle of a run. Give the block fixed values and run the command again.",
      );
    const deadline = new AbortController();
    const timer = setTimeout(
      () =>
        deadline.abort(
          new Fault("The operation took too long", `It was given up after ${milliseconds / 1000} s.`),
        ),
      milliseconds,
    );
    const signal = AbortSignal.any([this.stopping.signal, deadline.signal]);
    try {
      return await operation({ ...this.context, signal });
    } catch (error) {
      // What broke off because of the signal tells less than the signal's reason.
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The resource's `timeouts` block, or the bound that the real provider's SDK sets. */
function deadlineOf(state: State, operation: "create" | "update" | "delete"): number {
  return nanoseconds(text(asObject(state.timeouts)[operation])) / 1e6 || OPERATION_DEADLINE;
}

function resourceName(request: Request): ResourceName {
  const name = request.type_name;
  if (name !== "provider" && Object.hasOwn(schemas, name)) return name as ResourceName;
  throw new Fault(
    `${name} is not a resource of the built-in Docker provider`,
    "It has docker_image, docker_container, docker_network and docker_volume. Use kreuzwerker/docker from the registry (WEBRTC_GENESYS_PROVIDER=registry) for others.",
  );
}

function noDataSource(request: Request): Response {
  throw new Fault(
    `The built-in Docker provider has no data source ${request.type_name}`,
    "Use kreuzwerker/docker from the registry (WEBRTC_GENESYS_PROVIDER=registry).",
  );
}

/** Loads a resource when it is used: a run that only plans networks needs no tar and no build. */
function load(name: ResourceName): Resource {
  switch (name) {
    case "docker_container":
      return (require("./resources/container") as typeof import("./resources/container")).container;
    case "docker_image":
      return (require("./resources/image") as typeof import("./resources/image")).image;
    case "docker_network":
      return (require("./resources/network") as typeof import("./resources/network")).network;
    case "docker_volume":
      return (require("./resources/volume") as typeof import("./resources/volume")).volume;
  }
}
