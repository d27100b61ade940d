import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The provider's full address, as Terraform writes it in a state. */
export const PROVIDER_ADDRESS = "registry.terraform.io/kreuzwerker/docker";

export interface Attachment {
  /** What Terraform must find in its environment to use the provider that runs. */
  readonly env: { readonly TF_REATTACH_PROVIDERS: string };
  /** Ends the provider and removes its socket. */
  stop(): Promise<void>;
}

/**
 * Starts the provider in this process.
 *
 * @param options.env where DOCKER_HOST and the like come from
 */
export async function startProvider(options: { readonly env: NodeJS.ProcessEnv }): Promise<Attachment> {
  // mkdtemp makes it 0700: whoever may connect may do with the engine what this user may.
  const directory = await mkdtemp(join(tmpdir(), "docker-provider-"));
  const socketPath = join(directory, "provider.sock");
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const { listen } = require("./server") as typeof import("./server");
    const listener = await listen(socketPath, options.env);
    return {
      env: { TF_REATTACH_PROVIDERS: reattach(socketPath, options.env.TF_REATTACH_PROVIDERS) },
      stop: async () => {
        await listener.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The variable's value, beside what is attached already. */
function reattach(socketPath: string, others: string | undefined): string {
  return JSON.stringify({
    ...(others ? JSON.parse(others) : {}),
    [PROVIDER_ADDRESS]: {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: process.pid,
      // Terraform leaves a provider under test alone when it is done; others it would end.
      Test: true,
      Addr: { Network: "unix", String: socketPath },
    },
  });
}
