import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Path, pathText, show } from "./faults";

/** Line and column of something in a file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFault {
  readonly place: Place;
  readonly path: Path;
  readonly message: string;
}

/** A YAML document as plain data that remembers where its parts stand. */
export interface YamlText {
  /** Undefined where the text could not be read. */
  readonly data: unknown;
  readonly faults: readonly YamlFault[];
  /** Where the value stands, or the nearest that contains it. */
  placeOf(path: Path): Place;
  /** Where the key of the value stands, or the nearest that contains it. */
  placeOfKey(path: Path): Place;
  /** Whether the text has the value itself. */
  has(path: Path): boolean;
}

const MAX_DEPTH = 20;
const MAX_ALIASES = 100;
const START: Place = { line: 1, column: 1 };

/** Messages of the yaml library that deserve a way out. */
const SYNTAX: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line: YAML allows spaces only",
  MULTIPLE_DOCS: "a second document starts here ('---'): an environment is one document",
  TAG_RESOLVE_FAILED: "this tag (!) is not supported: remove it",
};

/**
 * Reads YAML 1.2. Refuses what YAML understands otherwise than it looks (numbers such as 0010 or 1e3, a key that
 * appears twice), and bounds depth and aliases. Never throws.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    // uniqueKeys is checked below: the library's own check takes quadratic time.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      version: "1.2",
    });
    const errors = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
      place: place(pos[0]),
      path: [],
      message: `not valid YAML: ${SYNTAX[code] ?? message}`,
    }));
    if (errors.length > 0) return unreadable(errors);
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
      return unreadable([
        { place: START, path: [], message: "%YAML chooses another version than 1.2: remove the line" },
      ]);
    }
    return new PlacedDocument(document, place);
  } catch (error) {
    // The library reads nested collections by recursion, and counts aliases while it makes plain data.
    const message =
      error instanceof RangeError
        ? "not valid YAML: nested too deeply"
        : error instanceof ReferenceError
          ? `not valid YAML: an alias (*) without its anchor, or more than ${MAX_ALIASES} uses of one`
          : `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    return unreadable([{ place: START, path: [], message }]);
  }
}

function unreadable(faults: readonly YamlFault[]): YamlText {
  return { data: undefined, faults, placeOf: () => START, placeOfKey: () => START, has: () => false };
}

class PlacedDocument implements YamlText {
  readonly data: unknown;
  readonly faults: YamlFault[] = [];
  /** By path text; what is below an alias has the alias's place. */
  private readonly places = new Map<string, { readonly key?: Place; readonly value: Place }>();

  constructor(
    document: Document.Parsed,
    private readonly place: (offset: number) => Place,
  ) {
    this.scan(document.contents, [], undefined);
    this.data = document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  placeOf(path: Path): Place {
    return this.find(path)?.value ?? START;
  }

  placeOfKey(path: Path): Place {
    const found = this.find(path);
    return found?.key ?? found?.value ?? START;
  }

  has(path: Path): boolean {
    return this.places.has(pathText(path));
  }

  private find(path: Path) {
    for (let length = path.length; length > 0; length--) {
      const found = this.places.get(pathText(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private scan(node: Node | null, path: Path, key: Place | undefined): void {
    if (path.length > MAX_DEPTH) throw new RangeError();
    const value = node?.range ? this.place(node.range[0]) : START;
    // The place of a value that is left out is behind its key's colon: the key is easier to see.
    const missing = isScalar(node) && node.value === null && node.source === "";
    this.places.set(pathText(path), { ...(key && { key }), value: missing && key ? key : value });
    if (isMap(node)) {
      const seen = new Map<string, Place>();
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : "";
        const range = isScalar(pair.key) ? pair.key.range : undefined;
        const keyPlace = range ? this.place(range[0]) : value;
        const first = seen.get(name);
        if (first === undefined) seen.set(name, keyPlace);
        else
          this.faults.push({
            place: keyPlace,
            path: [...path, name],
            message: `is there twice, first on line ${first.line}: remove one`,
          });
        this.scan(pair.value as Node | null, [...path, name], keyPlace);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        this.scan(item as Node | null, [...path, index], undefined);
      });
    } else if (isScalar(node) && typeof node.value === "number" && node.source !== String(node.value)) {
      const read = `${node.source} is read as the number ${node.value}`;
      this.faults.push({
        place: value,
        path,
        message: `${read}: put it in quotes (${show(node.source)}) if its digits count, or write the number itself`,
      });
    } else if (isAlias(node)) {
      // What it stands for has been scanned at its anchor.
    }
  }
}
