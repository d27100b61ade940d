/** What an expression of Prometheus refers to. */
export interface Reference {
  readonly metric: string;
  readonly labels: readonly string[];
  /** Label to value, of matchers with = or with =~ and plain alternatives. */
  readonly values: readonly (readonly [label: string, value: string])[];
}

export interface Expression {
  readonly references: readonly Reference[];
  /** Labels in by, without, on and ignoring. */
  readonly grouping: readonly string[];
  readonly functions: readonly string[];
}

const words = new Set([
  "and",
  "or",
  "unless",
  "bool",
  "offset",
  "inf",
  "nan",
  "by",
  "without",
  "on",
  "ignoring",
]);

/** Reads an expression as far as names go. Not a parser: Prometheus says what is wrong with the rest. */
export function readExpression(text: string): Expression {
  const grouping: string[] = [];
  const functions: string[] = [];
  const references: Reference[] = [];
  const rest = text
    .replace(/\[[^\]]*\]/g, " ")
    .replace(/\boffset\s+\w+/g, " ")
    .replace(/\b(by|without|on|ignoring)\s*\(([^)]*)\)/g, (_, __, labels: string) => {
      grouping.push(...labels.split(",").map((label) => label.trim()));
      return " ";
    });
  const names = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?/g;
  for (const [, name = "", after = ""] of rest.matchAll(names)) {
    if (after === "(") functions.push(name);
    else if (!words.has(name.toLowerCase())) references.push(reference(name, after));
  }
  return { references, grouping, functions: functions.filter((name) => !words.has(name)) };
}

function reference(metric: string, matchers: string): Reference {
  const labels: string[] = [];
  const values: [string, string][] = [];
  for (const [, label = "", operator, text = ""] of matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)) {
    labels.push(label);
    const alternatives = operator === "=~" ? text.split("|") : [text];
    if (!text.startsWith("$")) for (const value of alternatives) values.push([label, value]);
  }
  return { metric, labels, values };
}
