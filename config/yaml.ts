import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Path, pathText, show, visible } from "./faults";

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
  /** Where the value stands; for one that is missing, the key of the nearest that would contain it. */
  placeOf(path: Path): Place;
  /** Where the key of the value stands, or of the nearest that would contain it. */
  placeOfKey(path: Path): Place;
  /** Whether the text has the value itself. */
  has(path: Path): boolean;
}

const MAX_DEPTH = 20;
const MAX_ALIASES = 100;
/** Sections, lists and their values; zod passes issues on as arguments of a call, which are limited. */
const MAX_VALUES = 40_000;
const TOO_DEEP = "nested too deeply";
const START: Place = { line: 1, column: 1 };

/** Messages of the yaml library that deserve a way out. */
const SYNTAX: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line: YAML allows spaces only",
  MULTIPLE_DOCS: "a second document starts here ('---'): an environment is one document",
  RESOURCE_EXHAUSTION: TOO_DEEP,
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
      message: `not valid YAML: ${SYNTAX[code] ?? visible(message, 200)}`,
    }));
    if (errors.length > 0) return unreadable(errors);
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
      return unreadable([
        { place: START, path: [], message: "%YAML chooses another version than 1.2: remove the line" },
      ]);
    }
    return new PlacedDocument(document, place);
  } catch (error) {
    const message = `not valid YAML: ${problem(error)}`;
    return unreadable([{ place: START, path: [], message }]);
  }
}

/** A bound that a text exceeds. */
class TooMuch extends Error {}

function problem(error: unknown): string {
  if (error instanceof TooMuch) return error.message;
  // The library reads nested collections by recursion, and counts what aliases stand for while it makes plain data.
  if (error instanceof RangeError) return TOO_DEEP;
  if (error instanceof ReferenceError) return `aliases (*) that stand for more than ${MAX_ALIASES} values`;
  return visible(String(error), 200);
}

function unreadable(faults: readonly YamlFault[]): YamlText {
  return { data: undefined, faults, placeOf: () => START, placeOfKey: () => START, has: () => false };
}

class PlacedDocument implements YamlText {
  readonly data: unknown;
  readonly faults: readonly YamlFault[];
  /** Made when first asked for, because most files have no faults to place. */
  private index: ReadonlyMap<string, NodePlace> | undefined;

  constructor(
    private readonly document: Document.Parsed,
    private readonly place: (offset: number) => Place,
  ) {
    const found = new Surprises(document, place);
    found.look(document.contents, [], []);
    this.faults = found.faults;
    // An alias to what contains it would make data without an end.
    this.data = found.endless ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES });
  }

  placeOf(path: Path): Place {
    return this.places.get(pathText(path))?.value ?? this.placeOfKey(path);
  }

  placeOfKey(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const found = this.places.get(pathText(path.slice(0, length)));
      if (found !== undefined) return found.key ?? found.value;
    }
    return START;
  }

  has(path: Path): boolean {
    return this.places.has(pathText(path));
  }

  private get places(): ReadonlyMap<string, NodePlace> {
    this.index ??= new Map(placesBelow(this.document.contents, [], undefined, this.place));
    return this.index;
  }
}

interface NodePlace {
  /** Absent for the root and for items of a list. */
  readonly key?: Place;
  readonly value: Place;
}

/**
 * The places of a node and all below it, by path text. What stands below an alias is not listed: it was written
 * elsewhere, and the alias is what uses it here.
 */
function* placesBelow(
  node: Node | null,
  path: Path,
  key: Place | undefined,
  place: (offset: number) => Place,
): Generator<[string, NodePlace]> {
  const value = node?.range ? place(node.range[0]) : START;
  // The place of a value that is left out is behind its key's colon: the key is easier to see.
  const leftOut = isScalar(node) && node.value === null && node.source === "";
  yield [pathText(path), { ...(key && { key }), value: leftOut && key ? key : value }];
  if (isMap(node)) {
    for (const pair of node.items) {
      const { name, offset } = keyOf(pair.key);
      yield* placesBelow(pair.value as Node | null, [...path, name], place(offset), place);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      yield* placesBelow(item as Node | null, [...path, index], undefined, place);
    }
  }
}

/** Collects what YAML understands otherwise than it looks. */
class Surprises {
  readonly faults: YamlFault[] = [];
  endless = false;
  private aliases = 0;
  private values = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly place: (offset: number) => Place,
  ) {}

  /** `ancestors` contain the node, from the root down. */
  look(node: Node | null, path: Path, ancestors: readonly Node[]): void {
    if (path.length > MAX_DEPTH) throw new TooMuch(TOO_DEEP);
    if (++this.values > MAX_VALUES) throw new TooMuch(`more than ${MAX_VALUES} values`);
    if (isMap(node)) {
      const seen = new Map<string, number>();
      for (const pair of node.items) {
        const { name, offset } = keyOf(pair.key);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, offset);
        else {
          const message = `is there twice, first on line ${this.place(first).line}: remove one`;
          this.faults.push({ place: this.place(offset), path: [...path, name], message });
        }
        this.look(pair.value as Node | null, [...path, name], [...ancestors, node]);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        this.look(item as Node | null, [...path, index], [...ancestors, node]);
      }
    } else if (isAlias(node)) {
      // The library searches the document for the anchor of each.
      if (++this.aliases > MAX_ALIASES) throw new TooMuch(`more than ${MAX_ALIASES} aliases (*)`);
      const target = node.resolve(this.document);
      if (target === undefined || !ancestors.includes(target)) return;
      this.endless = true;
      this.add(node, path, `*${node.source} stands for what contains it: write its value`);
    } else if (isScalar(node) && typeof node.value === "number" && node.source !== String(node.value)) {
      this.add(
        node,
        path,
        `${node.source} is read as the number ${node.value}: put it in quotes (${show(node.source)}) if its digits count, or write the number itself`,
      );
    }
  }

  private add(node: Node, path: Path, message: string): void {
    this.faults.push({ place: this.place(node.range?.[0] ?? 0), path, message });
  }
}

/** Keys are scalars: the option stringKeys makes others a syntax error. */
function keyOf(key: unknown): { readonly name: string; readonly offset: number } {
  return isScalar(key) ? { name: String(key.value), offset: key.range?.[0] ?? 0 } : { name: "", offset: 0 };
}
