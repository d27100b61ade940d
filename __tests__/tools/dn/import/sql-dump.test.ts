import fc from "fast-check";
import type { PjsipObject } from "../../../../tools/dn/import/objects";
import { readSqlDump } from "../../../../tools/dn/import/sql-dump";

const read = (text: string) => readSqlDump("dump.sql", Buffer.from(text));

/** `auth 1002:2 username=1002` */
const summary = (objects: readonly PjsipObject[]) =>
  objects.map(({ type, id, place, options }) =>
    [
      `${type} ${id}:${place.line}`,
      ...[...options].map(([name, [option]]) => `${name}=${option?.value}`),
    ].join(" "),
  );

describe("pg_dump", () => {
  it("has rows behind COPY, with \\N for NULL and backslash sequences", () => {
    const dump = [
      "-- PostgreSQL database dump",
      "\\restrict Abc';",
      "SET standard_conforming_strings = on;",
      "SELECT pg_catalog.set_config('search_path', '', false);",
      "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $_$ SELECT 'it''s; $$ COPY ps_auths FROM stdin;' $_$;",
      "CREATE TABLE public.ps_auths (",
      "    id character varying(40) NOT NULL,",
      "    password character varying(80)",
      ");",
      "COPY public.cdr (id, text) FROM stdin;",
      "1\tINSERT INTO ps_auths VALUES ('x');",
      "\\.",
      "",
      "COPY public.ps_auths (id, auth_type, password, md5_cred) FROM stdin;",
      "1002\tuserpass\ta\\\\b\\tc'd;\\x41\\101\t\\N",
      "1003\tmd5\t\t0123456789abcdef0123456789abcdef",
      "\\.",
      "ALTER TABLE ONLY public.ps_auths ADD CONSTRAINT k UNIQUE (id);",
    ].join("\n");
    expect(summary(read(dump))).toStrictEqual([
      "auth 1002:15 auth_type=userpass password=a\\b\tc'd;AA",
      "auth 1003:16 auth_type=md5 md5_cred=0123456789abcdef0123456789abcdef",
    ]);
  });

  it("has INSERTs with --inserts, whose columns are those of the table, and --column-inserts", () => {
    const dump = `
CREATE TABLE public.ps_endpoints (
    id character varying(40) NOT NULL,
    "100rel" public.pjsip_100rel_values,
    rtp_timeout integer DEFAULT nextval('a,b'::regclass),
    price numeric(10,2),
    callerid character varying(40) DEFAULT 'x,y'::character varying,
    CONSTRAINT c CHECK (((id)::text <> ','::text))
);
INSERT INTO public.ps_endpoints VALUES ('1002', NULL, 30, 1.5, 'O''Hara \\ <1002>');
INSERT INTO public.ps_endpoints (id, callerid) VALUES ('1003', E'a\\'b\\\\'::character varying(40)), ('1004', NULL) ON CONFLICT DO NOTHING;
`;
    expect(summary(read(dump))).toStrictEqual([
      "endpoint 1002:10 rtp_timeout=30 price=1.5 callerid=O'Hara \\ <1002>",
      "endpoint 1003:11 callerid=a'b\\",
      "endpoint 1004:11",
    ]);
  });

  it("of old servers may have backslashes in every text", () => {
    const dump =
      "SET standard_conforming_strings = off;\nINSERT INTO ps_aors (id, contact) VALUES ('1', 'a\\'b');";
    expect(summary(read(dump))).toStrictEqual(["aor 1:2 contact=a'b"]);
  });
});

describe("mysqldump", () => {
  it("has many rows in an INSERT, backticks and backslashes, and bytes elsewhere", () => {
    const dump = Buffer.concat([
      Buffer.from(
        "-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\nINSERT INTO `cdr` VALUES\n(1,'it\\'s ; -- \\\"x\\\" # y','\\0\\'",
      ),
      Buffer.from([0xff, 0xa0]),
      Buffer.from(
        [
          "\\\\');",
          "CREATE TABLE `ps_auths` (",
          "  `id` varchar(255) NOT NULL,",
          "  `auth_type` enum('md5','userpass') DEFAULT NULL, # the kind",
          "  `password` varchar(80) COMMENT 'a, b)',",
          "  UNIQUE KEY `id` (`id`),",
          "  KEY `k` (`id`,`password`)",
          ") ENGINE=InnoDB;",
          "LOCK TABLES `ps_auths` WRITE;",
          "/*!40000 ALTER TABLE `ps_auths` DISABLE KEYS */;",
          "INSERT INTO `ps_auths` VALUES",
          "('1002','userpass','p;a\\'s\\\"s\\\\w (x),y'),",
          "('1003','md5',0x0A41),(_binary '1004',NULL,'Zoë');",
          "DELIMITER ;;",
          "CREATE TRIGGER t BEFORE INSERT ON `ps_auths` FOR EACH ROW BEGIN INSERT INTO ps_auths SELECT 1; END ;;",
          "DELIMITER ;",
          "REPLACE INTO `asterisk`.`ps_aors` (`id`,`max_contacts`) VALUES ('1002',-1);",
        ].join("\n"),
      ),
    ]);
    expect(summary(readSqlDump("dump.sql", dump))).toStrictEqual([
      "auth 1002:15 auth_type=userpass password=p;a's\"s\\w (x),y",
      "auth 1003:16 auth_type=md5 password=\nA",
      "auth 1004:16 password=Zoë",
      "aor 1002:20 max_contacts=-1",
    ]);
  });

  it("gives back what was written, whatever the values", () => {
    const value = fc.option(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), { nil: undefined });
    const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 10 });
    const escapes: Record<string, string> = {
      ...{ "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z" },
      ...{ "'": "\\'", '"': '\\"', "\\": "\\\\" },
    };
    const literal = (each: string | undefined) =>
      each === undefined ? "NULL" : `'${[...each].map((c) => escapes[c] ?? c).join("")}'`;
    fc.assert(
      fc.property(rows, (all) => {
        const tuples = all.map((row, at) => `('${at}',${row.map(literal).join(",")})`).join(",");
        const dump = `-- MySQL dump\nINSERT INTO \`ps_auths\` (\`id\`,\`username\`,\`password\`) VALUES ${tuples};\n`;
        expect(
          read(dump).map(({ options }) => [
            options.get("username")?.[0]?.value,
            options.get("password")?.[0]?.value,
          ]),
        ).toStrictEqual(all);
      }),
    );
  });
});

it.each([
  ["COPY ps_auths (id) FROM stdin;\n1002\n", "dump.sql:3: the dump ends within the rows of a COPY"],
  ["COPY ps_auths (id) FROM stdin WITH (FORMAT csv);\n", "dump.sql:1: the dump has COPY with options"],
  [
    "COPY ps_auths (id, username) FROM stdin;\n1002\n\\.\n",
    "dump.sql:2: the dump has 1 values for the 2 columns of ps_auths",
  ],
  [
    "\nINSERT INTO ps_auths VALUES ('1002');",
    "dump.sql:2: the dump has rows of ps_auths without the names of its columns",
  ],
  ["INSERT INTO ps_auths (id) VALUES ('1002", "dump.sql:1: the dump ends within a text that begins here"],
  [
    "INSERT INTO ps_auths (id) VALUES (concat('1', '2'));",
    "dump.sql:1: the dump has a value that can't be understood here",
  ],
  ["INSERT INTO ps_auths (id) SELECT 1;", "dump.sql:1: the dump has an INSERT that is not one of rows"],
  ["CREATE FUNCTION f() AS $$ x", "dump.sql:1: the dump ends within a text that $$ begins here"],
])("says where it can't be understood: %j", (dump, message) => {
  expect(() => read(dump)).toThrow(message);
});

it("says which column is not UTF-8", () => {
  const dump = Buffer.from("INSERT INTO ps_auths (id, password) VALUES ('1002', 'Zo\xeb');", "latin1");
  expect(() => readSqlDump("dump.sql", dump)).toThrow(
    "dump.sql:1: the dump has a password that is not UTF-8",
  );
});

it("reads anything without hanging", () => {
  const piece = fc.constantFrom(
    ...[
      "COPY ps_auths (id) FROM stdin;\n",
      "INSERT INTO ps_auths (id) VALUES (",
      "CREATE TABLE ps_auths (",
      "DELIMITER ;;\n",
    ],
    ...[
      "'",
      '"',
      "`",
      "(",
      ")",
      ",",
      ";",
      "\\",
      "\\.\n",
      "$$",
      "$a$",
      "--",
      "/*",
      "*/",
      "#",
      "\n",
      "\t",
      "1",
      "x",
      " ",
      "E'",
      "0x",
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, mysql) => {
      try {
        read(`${mysql ? "-- MySQL dump\n" : ""}${pieces.join("")}`);
      } catch (error) {
        expect((error as Error).message).toMatch(/^dump\.sql:\d+: the dump /);
      }
    }),
    { numRuns: 3000 },
  );
});
