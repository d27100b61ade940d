import { OperatorError } from "../../progress";
import type { PjsipObject, PjsipOption } from "./objects";
import { type Place, placeText } from "./place";

/** Tables of Asterisk realtime, and the type of object that a row of them is. */
const TABLES: Readonly<Record<string, string>> = {
  ps_endpoints: "endpoint",
  ps_auths: "auth",
  ps_aors: "aor",
  ps_globals: "global",
  ps_registrations: "registration",
  ps_endpoint_id_ips: "identify",
};

/** More than any site has, and less than memory. */
const MOST_ROWS = 200_000;

/**
 * Reads the rows of ps_* tables in an SQL dump: PostgreSQL's (COPY and INSERT) and MySQL's or MariaDB's (INSERT with
 * many rows). Everything else in it is skipped.
 *
 * @throws OperatorError that names the place where the dump can't be understood
 */
export function readSqlDump(file: string, content: Buffer): PjsipObject[] {
  // Byte by byte: other tables may have bytes in it that are no text.
  return new SqlDump(file, content.toString("latin1")).read();
}

class SqlDump {
  private position = 0;
  private readonly objects: PjsipObject[] = [];
  /** Columns by table, of CREATE TABLE: an INSERT may leave them out. */
  private readonly columns = new Map<string, string[]>();
  private readonly mysql: boolean;
  /** Whether a backslash in '...' means something: in MySQL always, in PostgreSQL where it was told so. */
  private readonly backslashes: boolean;
  private line = 1;
  private lineAt = 0;

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {
    this.mysql = /^-- (MySQL|MariaDB) dump|^(CREATE TABLE|INSERT INTO|LOCK TABLES) `/m.test(text);
    this.backslashes = this.mysql || /^SET standard_conforming_strings = off;/m.test(text);
  }

  read(): PjsipObject[] {
    for (;;) {
      this.skipBlanks();
      if (this.position >= this.text.length) return this.objects;
      const place = this.place();
      const word = this.keyword();
      if (word === "COPY") this.copy(place);
      else if (word === "INSERT" || word === "REPLACE") this.insert(place);
      else if (word === "CREATE") this.create();
      else if (word === "DELIMITER") this.skipProgram();
      else this.skipStatement();
    }
  }

  /** COPY public.ps_auths (id, ...) FROM stdin; and lines up to one with `\.` only. */
  private copy(place: Place): void {
    const table = this.name();
    const columns = this.take("(") ? this.names() : [];
    const header = this.match(/\s*FROM\s+stdin\b([^;]*);[^\n]*\n/iy);
    if (header === undefined) {
      this.skipStatement();
      return;
    }
    const known = TABLES[table] !== undefined;
    if (known && (header[1] ?? "").trim() !== "")
      this.refuse(place, "has COPY with options: make the dump with pg_dump's plain format");
    for (;;) {
      const end = this.text.indexOf("\n", this.position);
      const line = this.text.slice(this.position, end === -1 ? undefined : end).replace(/\r$/, "");
      const at = this.place();
      if (end === -1 && line !== "\\.") this.refuse(at, "ends within the rows of a COPY: it is not whole");
      this.position = end === -1 ? this.text.length : end + 1;
      if (line === "\\.") return;
      if (!known) continue;
      const values = line.split("\t").map((field) => (field === "\\N" ? undefined : copied(field)));
      this.row(at, table, columns, values);
    }
  }

  /** INSERT INTO ps_auths (id, ...) VALUES (...), (...); */
  private insert(place: Place): void {
    if (this.match(/\s*(LOW_PRIORITY\s+|DELAYED\s+|HIGH_PRIORITY\s+|IGNORE\s+)*INTO\b/iy) === undefined) {
      this.skipStatement();
      return;
    }
    const table = this.name();
    if (TABLES[table] === undefined) {
      this.skipStatement();
      return;
    }
    const columns = this.take("(") ? this.names() : (this.columns.get(table) ?? []);
    if (columns.length === 0)
      this.refuse(
        place,
        `has rows of ${table} without the names of its columns: dump the table's definition too`,
      );
    if (this.match(/\s*(OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\b/iy) === undefined)
      this.refuse(this.place(), "has an INSERT that is not one of rows (VALUES)");
    do {
      this.skipBlanks();
      const at = this.place();
      if (!this.take("(")) this.refuse(at, "has an INSERT that can't be understood here: '(' should be");
      this.row(at, table, columns, this.values());
    } while (this.take(","));
    this.skipStatement();
  }

  private values(): (string | undefined)[] {
    const values: (string | undefined)[] = [];
    do values.push(this.value());
    while (this.take(","));
    if (!this.take(")"))
      this.refuse(this.place(), "has a value that can't be understood here: plain values only");
    return values;
  }

  /** A literal; undefined for NULL. */
  private value(): string | undefined {
    this.skipBlanks();
    const prefix = this.match(/_[a-z0-9]+\s*(?=['x])|[eEnN](?=')/y)?.[0] ?? "";
    if (this.text[this.position] === "'") {
      const text = this.string("'", this.backslashes || /^e$/i.test(prefix));
      this.match(/\s*::\s*[a-z_][\w. "]*(\(\d+\))?/iy);
      return text;
    }
    const hex = this.match(/(?:0x|[xX]')([0-9A-Fa-f]*)'?/y)?.[1];
    if (hex !== undefined) return Buffer.from(hex, "hex").toString("latin1");
    const [word] = this.match(/[-+]?[A-Za-z0-9_.]+/y) ?? [];
    if (word === undefined) this.refuse(this.place(), "has a value that can't be understood here");
    return /^null$/i.test(word) ? undefined : word;
  }

  /** CREATE TABLE ps_auths (id character varying(40) NOT NULL, ..., PRIMARY KEY (id)); */
  private create(): void {
    const isTable =
      this.match(/\s*((GLOBAL|LOCAL|TEMPORARY|TEMP|UNLOGGED)\s+)*TABLE\b(\s+IF\s+NOT\s+EXISTS\b)?/iy) !==
      undefined;
    const table = isTable ? this.name() : "";
    if (TABLES[table] === undefined || !this.take("(")) {
      this.skipStatement();
      return;
    }
    const columns: string[] = [];
    do {
      this.skipBlanks();
      const bare = this.match(
        /(PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|CHECK|FOREIGN|FULLTEXT|EXCLUDE|LIKE)\b/iy,
      );
      if (bare === undefined) columns.push(this.name());
      this.skipTo(/[,)]/);
    } while (this.take(","));
    this.columns.set(table, columns);
    this.skipStatement();
  }

  private row(
    place: Place,
    table: string,
    columns: readonly string[],
    values: readonly (string | undefined)[],
  ): void {
    if (columns.length === 0) this.refuse(place, `has rows of ${table} without the names of its columns`);
    if (values.length !== columns.length) {
      this.refuse(place, `has ${values.length} values for the ${columns.length} columns of ${table}`);
    }
    if (this.objects.length >= MOST_ROWS) this.refuse(place, `has more than ${MOST_ROWS} rows`);
    const options = new Map<string, PjsipOption[]>();
    columns.forEach((column, index) => {
      const value = values[index];
      // An empty text is what Asterisk takes for a column that is not set.
      if (!value) return;
      options.set(column.toLowerCase(), [{ value: this.decoded(value, place, column), place }]);
    });
    const id = options.get("id")?.[0]?.value ?? "";
    options.delete("id");
    this.objects.push({ type: TABLES[table] ?? "", id, place, options });
  }

  private decoded(bytes: string, place: Place, column: string): string {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
    } catch {
      const way = "pg_dump --encoding=UTF8, or mysqldump --default-character-set=utf8mb4";
      return this.refuse(place, `has a ${column} that is not UTF-8: make it with ${way}`);
    }
  }

  /** The last part of a name such as public."ps_auths" or `asterisk`.`ps_auths`. */
  private name(): string {
    let name = "";
    do {
      this.skipBlanks();
      const quote = this.text[this.position];
      if (quote === '"' || quote === "`") name = this.string(quote, false);
      else name = this.match(/[\w$]+/y)?.[0] ?? "";
      if (name === "") this.refuse(this.place(), "has no name where one should be");
    } while (this.take("."));
    return name.toLowerCase();
  }

  private names(): string[] {
    const names: string[] = [];
    do names.push(this.name());
    while (this.take(","));
    if (!this.take(")")) this.refuse(this.place(), "has a list of columns that can't be understood");
    return names;
  }

  /** Text between quotes; a quote in it is doubled. */
  private string(quote: string, backslashes: boolean): string {
    const start = this.place();
    let text = "";
    for (let index = this.position + 1; index < this.text.length; index++) {
      const character = this.text[index] as string;
      if (character === quote) {
        if (this.text[index + 1] !== quote) {
          this.position = index + 1;
          return text;
        }
        text += quote;
        index += 1;
      } else if (backslashes && character === "\\") {
        index += 1;
        text += escaped(this.text[index] ?? "");
      } else {
        text += character;
      }
    }
    return this.refuse(start, "ends within a text that begins here: it is not whole");
  }

  private skipStatement(): void {
    this.skipTo(/;/);
    this.take(";");
  }

  /** What MySQL's client is to send as a whole, with another mark at its end: procedures and triggers. */
  private skipProgram(): void {
    if (this.match(/[ \t]*;[ \t]*\r?\n/y) !== undefined) return;
    const end = this.text.indexOf("\nDELIMITER ;", this.position);
    this.position = end === -1 ? this.text.length : end + "\nDELIMITER ;".length;
  }

  /** To the first match outside of quotes, comments and parentheses, or to the end. */
  private skipTo(end: RegExp): void {
    let depth = 0;
    for (;;) {
      this.skipBlanks();
      const character = this.text[this.position];
      if (character === undefined) return;
      if (depth === 0 && end.test(character)) return;
      if (character === "'" || character === '"' || character === "`") {
        const before = this.text.slice(Math.max(0, this.position - 2), this.position);
        const isEscaping = character === "'" ? this.backslashes || /(^|\W)[eE]$/.test(before) : this.mysql;
        this.string(character, isEscaping && character !== "`");
        continue;
      }
      // PostgreSQL's functions are texts such as $$...$$ and $body$...$body$.
      const tag = character === "$" ? this.match(/\$(?:[A-Za-z_]\w*)?\$/y)?.[0] : undefined;
      if (tag !== undefined) {
        const close = this.text.indexOf(tag, this.position);
        if (close === -1) this.refuse(this.place(), `ends within a text that ${tag} begins here`);
        this.position = close + tag.length;
        continue;
      }
      if (character === "(") depth += 1;
      if (character === ")") depth = Math.max(0, depth - 1);
      // Words in one go: a dump is long.
      if (this.match(/[\w\s]+/y) === undefined) this.position += 1;
    }
  }

  private skipBlanks(): void {
    // Lines of psql's own start with a backslash. What MySQL hides from others (/*!40101 ... */) are settings.
    while (this.match(this.mysql ? MYSQL_BLANKS : BLANKS) !== undefined);
  }

  private keyword(): string | undefined {
    return this.match(/[A-Za-z]+/y)?.[0].toUpperCase();
  }

  private take(character: string): boolean {
    this.skipBlanks();
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  /** Matches a sticky pattern here, and goes behind it. */
  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.position = pattern.lastIndex;
    return found;
  }

  private place(): Place {
    for (;;) {
      const end = this.text.indexOf("\n", this.lineAt);
      if (end === -1 || end >= this.position) break;
      this.line += 1;
      this.lineAt = end + 1;
    }
    return { file: this.file, line: this.line };
  }

  private refuse(place: Place, what: string): never {
    throw new OperatorError(`${placeText(place)}: the dump ${what}`);
  }
}

const BLANKS = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|\\[^\n]*/y;
const MYSQL_BLANKS = /\s+|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//y;

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
  Z: "\x1a",
};

function escaped(character: string): string {
  return ESCAPES[character] ?? character;
}

/** A field of COPY: backslash sequences, octal and hexadecimal ones of bytes among them. */
function copied(field: string): string {
  if (!field.includes("\\")) return field;
  return field.replace(/\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|([\s\S]))/g, (_, octal, hex, character) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return escaped(character);
  });
}
