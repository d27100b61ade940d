import type { Environment } from "../../../config";
import type { State } from "../../docker-provider/value";

/** One environment as a synthesis makes it: everything that a review compares. */
export interface Deployment {
  readonly name: string;
  /** Validated, with every default, by the code of the same side: an older side can lack newer settings. */
  readonly settings: Environment;
  /** What deploys and is still unlikely to be meant (config/warnings.ts). */
  readonly warnings: readonly Warning[];
  /** By name, such as `asterisk`. */
  readonly services: Readonly<Record<string, Service>>;
  /** By the last part of the name, such as `nodejs` of `webrtc-genesys/nodejs:6984f2317236`. */
  readonly images: Readonly<Record<string, Image>>;
  readonly volumes: readonly string[];
  readonly listeners: readonly Listener[];
  /** DNs that Asterisk registers at Genesys by itself (pjsip.conf), in the file's order. */
  readonly registrations: readonly string[];
  /** Where nginx passes /ws on to, as `127.0.0.1:8088`; undefined where it passes it nowhere. */
  readonly webSocketUpstream: string | undefined;
  /** Paths that nginx passes on to other services, such as `/status/`, without those below one of them. */
  readonly webPaths: readonly string[];
  /** Names below `secrets.directory` that its containers are given, sorted. */
  readonly secrets: readonly string[];
}

/** A container of the engine, as the Docker provider gets it. References are resolved. */
export interface ContainerModel {
  /** Terraform's address, such as `docker_container.nginx_service_container_D2D988A3`. */
  readonly address: string;
  readonly name: string;
  /** Complete by the provider's schema, without `upload`. */
  readonly attributes: State;
}

export interface Warning {
  /** The setting, such as `dns`. */
  readonly path: string;
  readonly message: string;
}

export interface Service {
  readonly name: string;
  /** The long-running one; absent where a service only does something once. */
  readonly container: ContainerModel | undefined;
  /** Those that do one thing and end: releases. */
  readonly oneShots: readonly ContainerModel[];
  /** Rendered files: path to text, with placeholders for secrets. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Image {
  readonly name: string;
  /** `name:tag` */
  readonly reference: string;
  /** What its Dockerfile starts from; absent where the image is pulled. */
  readonly base?: string;
  /** Of its build context: path to text; absent where the image is pulled. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface Listener {
  readonly service: string;
  /** As in "the HTTPS server of nginx". */
  readonly name: string;
  readonly address: string;
  /** One port, or a range such as 10000-20000. */
  readonly port: string;
  readonly protocol: "TCP" | "UDP" | "UDP and TCP";
  readonly tls: boolean;
  /** Answers nothing but a redirect to HTTPS. */
  readonly redirects: boolean;
}
