import { createServer, type Socket, type Server as SocketServer } from "node:net";
import { join } from "node:path";
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { diagnostics } from "./fault";
import { Provider, type Request, type Response } from "./provider";

/** Terraform allows messages of this size; an upload travels in one. */
const MAX_MESSAGE = 256 * 1024 * 1024;

/** A provider that listens. */
export interface Listener {
  /** Ends all connections and what goes on in them; resolves when nothing is left. */
  close(): Promise<void>;
}

/**
 * Serves plugin protocol 5 on a unix socket.
 *
 * Terraform opens one connection per provider block, and a plugin process normally serves only one. Here they share a
 * process, so each connection gets a provider of its own: two blocks may name two engines.
 */
export async function listen(socketPath: string, env: NodeJS.ProcessEnv): Promise<Listener> {
  const service = loadService();
  const sessions = new Map<Socket, () => void>();
  const server: SocketServer = createServer((socket) => {
    const provider = new Provider({ env, socketPath });
    const grpc = new Server({
      "grpc.max_receive_message_length": MAX_MESSAGE,
      "grpc.max_send_message_length": MAX_MESSAGE,
    });
    grpc.addService(service, handlers(provider));
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const end = () => {
      sessions.delete(socket);
      provider.close();
      injector.destroy();
      grpc.forceShutdown();
    };
    sessions.set(socket, end);
    socket.on("error", () => socket.destroy());
    socket.once("close", end);
    injector.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const [socket, end] of [...sessions]) {
          end();
          socket.destroy();
        }
      }),
  };
}

function loadService() {
  const definition = loadSync(join(__dirname, "plugin.proto"), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
  });
  const root = loadPackageDefinition(definition) as unknown as {
    tfplugin5: { Provider: { service: Parameters<Server["addService"]>[0] } };
  };
  return root.tfplugin5.Provider.service;
}

type Handler = (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => void;

function handlers(provider: Provider): Record<string, Handler> {
  const methods = provider.methods();
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
        // What goes wrong is always Terraform's to show: a gRPC error would look like a crash of the provider.
        Promise.resolve()
          .then(() => method(call.request))
          .then(
            (response) => done(null, response),
            (error) => done(null, { diagnostics: diagnostics(error) }),
          );
      },
    ]),
  );
}
