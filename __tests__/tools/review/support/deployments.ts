import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { loadEnvironment } from "../../../../config";
import { listenersOf } from "../../../../config/listeners";
import { WebrtcGenesysStack } from "../../../../stacks/webrtc-genesys-stack";
import type { Deployment } from "../../../../tools/review/model/deployment";
import { readDeployment } from "../../../../tools/review/model/read";

/** An environment file with what it has to have, and `more`, which can repeat a section to override it. */
export function site(more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    host: { address: "192.0.2.10" },
    docker: { host: "ssh://root@192.0.2.10" },
    genesys: { servers: [{ host: "192.0.2.20" }] },
    dns: [1002, 1003],
    images: { source: "registry", prefix: "registry.example.com/webrtc-genesys", tag: "0.1.0" },
    ...more,
  });
}

const made = new Map<string, Deployment>();

/** The model of an environment, from its own synthesis. Each is made once. */
export function deployment(text = site(), name = "site"): Deployment {
  const key = `${name} ${text}`;
  const known = made.get(key);
  if (known) return known;
  const directory = mkdtempSync(join(tmpdir(), "webrtc-genesys-review-test-"));
  try {
    // JSON is YAML.
    const file = join(directory, `${name}.yaml`);
    writeFileSync(file, text);
    const { environment, warnings } = loadEnvironment(file, {});
    // Testing.synth leaves out what says where in the stack a resource stands.
    const app = new App({ outdir: directory });
    new WebrtcGenesysStack(app, environment);
    app.synth();
    const json = readFileSync(join(directory, "stacks", name, "cdk.tf.json"), "utf8");
    const model = readDeployment({
      environment,
      warnings,
      listeners: listenersOf(environment),
      terraform: JSON.parse(json),
      contexts: {},
    });
    made.set(key, model);
    return model;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
