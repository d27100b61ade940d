import type { ChildProcess } from "node:child_process";
import { OperatorError } from "../../progress";
import type { Commands } from "./field/main";
import { FIELD_CORE, startOn, stop } from "./processes";

/** Milliseconds that a command may take beyond what it was told to take. */
const DEADLINE = 120_000;

export type FieldPorts = Awaited<ReturnType<Commands["listen"]>>;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The bench's handle on a field process. */
export class Field {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  private constructor(private readonly child: ChildProcess) {
    child.on("message", ({ id, result, error }: Answer) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new OperatorError(error));
    });
    child.on("exit", (code, signal) => {
      for (const { reject } of this.waiting.values())
        reject(new OperatorError(`the load ended with ${code ?? signal}`));
      this.waiting.clear();
    });
  }

  /** @param script bundled field/main.ts */
  static start(script: string): Field {
    return new Field(startOn(FIELD_CORE, [process.execPath, script], { output: "inherit", ipc: true }));
  }

  ask<Name extends keyof Commands>(
    command: Name,
    ...args: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new OperatorError(`the load did not end '${command}' within ${DEADLINE / 1000} s`));
      }, DEADLINE);
      const settle =
        <T>(act: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          act(value);
        };
      this.waiting.set(id, {
        resolve: settle(resolve as (value: unknown) => void),
        reject: settle(reject),
      });
      this.child.send({ id, command, args });
    });
  }

  stop(): Promise<void> {
    return stop(this.child);
  }
}
