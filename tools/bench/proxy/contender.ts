import type { FieldPorts } from "./field";

/** A proxy that runs. */
export interface Running {
  /** All its processes. */
  readonly pids: readonly number[];
  /** Port on 127.0.0.1 where phones connect. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Something that can do the proxy's job. */
export interface Contender {
  readonly name: string;
  /** Resolves when phones can connect. */
  start(field: FieldPorts): Promise<Running>;
}
