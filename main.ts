import { App } from "cdktf";
import { EnvironmentError, loadEnvironments } from "./config";
import { WebrtcGenesysStack } from "./stacks/webrtc-genesys-stack";

try {
  const app = new App();
  for (const { environment, warnings } of loadEnvironments("environments")) {
    for (const warning of warnings) console.error(`warning: ${warning}`);
    new WebrtcGenesysStack(app, environment);
  }
  app.synth();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
