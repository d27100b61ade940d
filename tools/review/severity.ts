/** How bad a consequence is, from what nobody notices to what can't be undone. */
export const severities = ["low", "medium", "high", "critical"] as const;

export type Severity = (typeof severities)[number];

/** Whether `severity` is as bad as `threshold`, or worse. */
export function reaches(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(threshold);
}

/** The worst first; those of one severity keep their order. */
export function bySeverity(a: { readonly severity: Severity }, b: { readonly severity: Severity }): number {
  return severities.indexOf(b.severity) - severities.indexOf(a.severity);
}
