import { createServer } from "node:http";
import { z } from "zod";
import { runService } from "../../../lib/service";

/** A whole service of a few lines, for the tests of the process around it. `mode` is how it misbehaves. */
runService({
  name: "fixture",
  schema: z.strictObject({
    release: z.string(),
    port: z.int(),
    mode: z.enum(["well", "hang", "throw", "reject"]),
    secret: z.string(),
  }),
  healthUrl: ({ port }) => `http://127.0.0.1:${port}/healthz`,
  stopDeadline: 500,
  async start(config, { log }) {
    const server = createServer((_, response) => response.end("fine"));
    await new Promise<void>((resolve) => server.listen(config.port, "127.0.0.1", resolve));
    log.info({ config, address: server.address() }, "listening");
    if (config.mode === "throw") setImmediate(() => JSON.parse("{"));
    if (config.mode === "reject") void Promise.reject(new Error("nobody caught this"));
    return {
      async stop() {
        if (config.mode === "hang") await new Promise(() => {});
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
});
