/** Where in a resource's configuration something is: names of attributes and indexes of lists. */
export type Path = readonly (string | number)[];

/** A problem that Terraform shows to its user, with the place that caused it. */
export class Fault extends Error {
  override readonly name = "Fault";

  constructor(
    /** One line. */
    readonly summary: string,
    /** What was found, what would be right, and the way out. */
    readonly detail = "",
    readonly path: Path = [],
    readonly severity: "ERROR" | "WARNING" = "ERROR",
  ) {
    super(detail ? `${summary}: ${detail}` : summary);
  }
}

/** Faults that were found together. */
export class Faults extends Error {
  constructor(readonly faults: readonly Fault[]) {
    super(faults.map((fault) => fault.message).join("\n"));
  }
}

/** The messages `Diagnostic` for anything that was thrown. */
export function diagnostics(error: unknown): object[] {
  if (error instanceof Faults) return error.faults.map(diagnostic);
  if (error instanceof Fault) return [diagnostic(error)];
  const message = error instanceof Error ? error.message : String(error);
  return [diagnostic(new Fault("Docker provider failed", message))];
}

export function diagnostic(fault: Fault): object {
  return {
    severity: fault.severity,
    summary: fault.summary,
    detail: fault.detail,
    attribute: fault.path.length > 0 ? attributePath(fault.path) : undefined,
  };
}

/** The message `AttributePath`. */
export function attributePath(path: Path): object {
  return {
    steps: path.map((step) =>
      typeof step === "number" ? { element_key_int: step } : { attribute_name: step },
    ),
  };
}
