import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { DatabaseConfig } from "../../assets/database/src/config";
import type { Environment } from "../../config";
import { AGENT_CONTEXT, PHONE_REALM } from "../asterisk/props";
import { baseImages } from "../service/base-images";
import { OneShot } from "../service/one-shot";
import { hashFiles } from "../service/release";
import type { Secrets } from "../service/secrets";
import { labels, ServiceContainer } from "../service/service-container";
import { ServiceImage } from "../service/service-image";
import { users } from "../service/users";

export interface PostgresProps {
  readonly environment: Environment;
  readonly secrets: Secrets;
  /** The Node.js image that the migrations run in. */
  readonly nodejs: ServiceImage;
}

/**
 * The database of Asterisk realtime, and the release that brings its schema and its DNs up to date.
 *
 * There is no superuser password: the release comes through the unix socket, which lies in a volume of the two.
 */
export class Postgres extends Construct {
  /** The schema and the DNs are there: what Asterisk waits for. */
  public readonly provisioned: ITerraformDependable;

  constructor(scope: Construct, id: string, props: PostgresProps) {
    super(scope, id);
    const { environment, secrets, nodejs } = props;
    const { name, images } = environment;
    const image = new ServiceImage(this, "image", {
      service: "postgres",
      base: baseImages.trixie.reference,
      images,
    });
    const volume = (purpose: string) =>
      new Volume(this, purpose, { name: `${name}-postgres-${purpose}`, labels: labels(name) }).name;
    const socket = { volumeName: volume("control"), containerPath: "/run/control" };
    const server = new ServiceContainer(this, "service", {
      environment: name,
      service: "postgres",
      image,
      user: users.postgres,
      env: { LISTEN_ADDRESS: environment.postgres.address, PGPORT: String(environment.postgres.port) },
      volumes: [{ volumeName: volume("data"), containerPath: "/var/lib/postgresql/data" }, socket],
      memory: 512,
      processes: 256,
      healthcheck: ["CMD", "/usr/local/bin/healthcheck"],
      healthInterval: 5,
      stopTimeout: 30,
    });

    const config: DatabaseConfig = {
      realm: PHONE_REALM,
      context: AGENT_CONTEXT,
      codecs: [...environment.codecs],
      comfortNoise: environment.comfortNoise,
      dns: environment.dns.map((dn) => ({ ...dn })),
      probeDn: environment.probeDn,
      ...(environment.callControl && { callControl: true }),
    };
    const roles = ["asterisk", "monitor", ...(environment.callControl ? ["call-control"] : [])];
    const files = { "/release/files/dns.json": `${JSON.stringify(config, null, 2)}\n` };
    this.provisioned = new OneShot(this, "release", {
      environment: name,
      name: "database-release",
      image: new ServiceImage(this, "release-image", { service: "database", base: nodejs, images }),
      entrypoint: ["node", "/app/server.js"],
      env: { PGPORT: String(environment.postgres.port) },
      files,
      volumes: [socket],
      mounts: [secrets.mount("dn"), ...roles.map((role) => secrets.mount(`postgres-${role}`))],
      capabilities: ["CAP_DAC_READ_SEARCH"],
      hash: hashFiles(files),
      dependsOn: [server],
    });
  }
}
