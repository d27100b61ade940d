/** A section of one of Asterisk's files. An option that is given twice keeps its last value. */
export interface ConfSection {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Reads Asterisk's configuration format as far as this project renders it. */
export function readConf(text: string): ConfSection[] {
  const sections: { name: string; options: Record<string, string> }[] = [];
  for (const line of text.split("\n")) {
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header) sections.push({ name: header[1] ?? "", options: {} });
    const option = /^([^;[#=\s][^=]*?)\s*=>?\s*(.*)$/.exec(line);
    const section = sections.at(-1);
    if (option && section) section.options[option[1] ?? ""] = option[2] ?? "";
  }
  return sections;
}
