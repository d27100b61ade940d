import type { PhoneEvents, RegistrationReport } from "../../../../assets/sip-proxy/src/edge/events";
import { silentEdgeMeter } from "../../../../assets/sip-proxy/src/edge/meter";
import { RegisterWatch } from "../../../../assets/sip-proxy/src/edge/register-watch";
import { recordingLog } from "../support/log";

const CONTACT = "<sip:k3v@9sd8.invalid;transport=ws>";

interface Fields {
  readonly dn?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly contact?: string | undefined;
  readonly expires?: number | undefined;
  readonly authorization?: string;
}

/** To as JsSIP writes it, and as only the parser reads it. */
let displayName = "";

function register(fields: Fields = {}): Buffer {
  const { dn = "1002", callId = "c1", cseq = 1, expires, authorization } = fields;
  const contact = "contact" in fields ? fields.contact : CONTACT;
  return Buffer.from(
    [
      "REGISTER sip:agents.example SIP/2.0",
      "Via: SIP/2.0/WSS 9sd8.invalid;branch=z9hG4bK1",
      "Max-Forwards: 69",
      `To: ${displayName}<sip:${dn}@agents.example>`,
      `From: <sip:${dn}@agents.example>;tag=1`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} REGISTER`,
      ...(contact === undefined ? [] : [`Contact: ${contact}`]),
      ...(expires === undefined ? [] : [`Expires: ${expires}`]),
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  );
}

function answer(status: number, fields: Fields & { contacts?: string[] } = {}): Buffer {
  const { dn = "1002", callId = "c1", cseq = 1, expires, contacts = [] } = fields;
  return Buffer.from(
    [
      `SIP/2.0 ${status} Whatever`,
      "Via: SIP/2.0/WSS 9sd8.invalid;branch=z9hG4bK1",
      `To: ${displayName}<sip:${dn}@agents.example>;tag=2`,
      `From: <sip:${dn}@agents.example>;tag=1`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} REGISTER`,
      ...contacts.map((contact) => `Contact: ${contact}`),
      ...(expires === undefined ? [] : [`Expires: ${expires}`]),
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  );
}

let reports: RegistrationReport[];
let gone: string[][];
let log: ReturnType<typeof recordingLog>;
let watch: RegisterWatch;
/** DNs whose password was guessed. */
let guesses: string[];
/** Whether the forwarder's log tells of what was accepted. */
let told: boolean;

beforeEach(() => {
  told = false;
  reports = [];
  gone = [];
  log = recordingLog();
  const events: PhoneEvents = {
    accepted: (_socket, report) => {
      reports.push(report);
      return told;
    },
    closed: (_socket, dns) => gone.push([...dns]),
  };
  guesses = [];
  watch = new RegisterWatch(7, "192.0.2.1", {
    events,
    log,
    meter: silentEdgeMeter,
    now: () => 5,
    guessed: (_address, dn) => void guesses.push(dn),
  });
});

describe.each(["", '"Agent" '])("what Asterisk accepted, to %s<sip:dn@host>", (name) => {
  beforeAll(() => {
    displayName = name;
  });

  it("is told with the seconds that Asterisk granted", () => {
    watch.fromPhone(register({ expires: 600 }));
    watch.fromAsterisk(answer(200, { contacts: [`${CONTACT};expires=300`] }));
    expect(reports).toEqual([
      {
        dn: "1002",
        callId: "c1",
        contacts: [{ uri: "sip:k3v@9sd8.invalid;transport=ws", expires: 300 }],
        left: 1,
        askedAt: 5,
      },
    ]);
  });

  it("is found under the URI that Asterisk made of the contact", () => {
    watch.fromPhone(register({ expires: 600 }));
    watch.fromAsterisk(answer(200, { contacts: ["<sip:1002@127.0.0.1:4711;transport=ws>;expires=120"] }));
    expect(reports[0]?.contacts).toEqual([{ uri: "sip:k3v@9sd8.invalid;transport=ws", expires: 120 }]);
  });

  it("falls back to the Expires header, then to what was asked", () => {
    watch.fromPhone(register({ expires: 600 }));
    watch.fromAsterisk(answer(200, { contacts: ["<sip:a@b>", "<sip:c@d>"], expires: 90 }));
    watch.fromPhone(register({ cseq: 2, contact: `${CONTACT};expires=45` }));
    watch.fromAsterisk(answer(200, { cseq: 2, contacts: [CONTACT] }));
    expect(reports.map(({ contacts }) => contacts[0]?.expires)).toEqual([90, 45]);
  });

  it("several contacts, of which one goes", () => {
    watch.fromPhone(register({ contact: "<sip:a@x>;expires=60, <sip:b@x>;expires=0" }));
    watch.fromAsterisk(answer(200, { contacts: ["<sip:a@x>;expires=60", "<sip:z@y>;expires=9"] }));
    expect(reports).toEqual([
      {
        dn: "1002",
        callId: "c1",
        contacts: [
          { uri: "sip:a@x", expires: 60 },
          { uri: "sip:b@x", expires: 0 },
        ],
        left: 2,
        askedAt: 5,
      },
    ]);
  });

  it("un-REGISTER with Expires 0, and Contact: *", () => {
    watch.fromPhone(register({ expires: 0 }));
    watch.fromAsterisk(answer(200));
    watch.fromPhone(register({ cseq: 2, contact: "*", expires: 0 }));
    watch.fromAsterisk(answer(200, { cseq: 2 }));
    expect(reports).toEqual([
      {
        dn: "1002",
        callId: "c1",
        contacts: [{ uri: "sip:k3v@9sd8.invalid;transport=ws", expires: 0 }],
        left: 0,
        askedAt: 5,
      },
      { dn: "1002", callId: "c1", contacts: [], left: 0, askedAt: 5 },
    ]);
  });

  it("a REGISTER without Contact only asks (RFC 3261 10.2.3)", () => {
    watch.fromPhone(register({ contact: undefined }));
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    expect(reports).toEqual([]);
  });
});

describe("matching", () => {
  it("a challenge is no acceptance, and the REGISTER that answers it is", () => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(401));
    expect(reports).toEqual([]);
    watch.fromPhone(register({ cseq: 2, authorization: 'Digest username="1002"' }));
    watch.fromAsterisk(answer(200, { cseq: 2, contacts: [CONTACT] }));
    expect(reports).toHaveLength(1);
  });

  it.each([
    ["another Call-ID", { callId: "other" }],
    ["another CSeq", { cseq: 9 }],
    ["another DN in To", { dn: "1003" }],
  ])("an answer with %s is none to it", (_what, difference) => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(200, { contacts: [CONTACT], ...difference }));
    expect(reports).toEqual([]);
  });

  it("provisional answers decide nothing, and a second 200 tells nothing new", () => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(100));
    expect(reports).toEqual([]);
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    expect(reports).toHaveLength(1);
  });

  it("line breaks before the start line don't hide a REGISTER (RFC 3261 7.5)", () => {
    watch.fromPhone(Buffer.concat([Buffer.from("\r\n"), register()]));
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    expect(reports).toHaveLength(1);
  });

  it("pipelined REGISTERs are told apart, and more than a few at a time are given up", () => {
    for (let cseq = 1; cseq <= 20; cseq++) watch.fromPhone(register({ cseq }));
    for (let cseq = 1; cseq <= 20; cseq++) watch.fromAsterisk(answer(200, { cseq, contacts: [CONTACT] }));
    expect(reports).toHaveLength(8);
  });

  it.each(["reception", "10%2002", "1".repeat(21)])("a user that is no DN is not told: %s", (dn) => {
    watch.fromPhone(register({ dn }));
    watch.fromAsterisk(answer(200, { dn, contacts: [CONTACT] }));
    expect(reports).toEqual([]);
  });

  it("survives what is no message", () => {
    for (const text of [
      "REGISTER ",
      "REGISTER x SIP/2.0\r\nTo: <\r\n\r\n",
      "SIP/2.0 200\r\n\r\n",
      "",
      "\r\n",
    ]) {
      watch.fromPhone(Buffer.from(text));
      watch.fromAsterisk(Buffer.from(text));
    }
    watch.fromPhone(register());
    watch.fromAsterisk(Buffer.from("SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n"));
    expect(reports).toEqual([]);
  });
});

describe("credentials that Asterisk refuses", () => {
  const authorization = 'Digest username="1002", response="00"';

  function exchange(status: number, fields: Fields, challenge?: string): void {
    watch.fromPhone(register(fields));
    const head = challenge === undefined ? "" : `WWW-Authenticate: ${challenge}\r\n`;
    watch.fromAsterisk(
      Buffer.from(answer(status).toString().replace("Content-Length", `${head}Content-Length`)),
    );
  }

  it.each([401, 403, 404, 407])("count when the answer is %d", (status) => {
    exchange(status, { authorization });
    expect(guesses).toEqual(["1002"]);
    expect(watch.guessed).toBe(true);
  });

  it.each([
    ["AUTHORIZATION: Digest a=b"],
    ["Proxy-AUTHORIZATION : Digest a=b"],
    ["Subject: x\nAuthorization: Digest a=b"],
    ["Subject: x\rAuthorization: Digest a=b"],
  ])("finds credentials that hide in an unusual row: %j", (row) => {
    const frame = register().toString("latin1").replace("Content-Length", `${row}\r\nContent-Length`);
    watch.fromPhone(Buffer.from(frame, "latin1"));
    watch.fromAsterisk(answer(401));
    expect(guesses).toEqual(["1002"]);
  });

  it("don't count in the first challenge, in a success, in an overload, or when the nonce only ran out", () => {
    exchange(401, {}, 'Digest realm="r", nonce="1"');
    exchange(200, { authorization });
    exchange(503, { authorization });
    exchange(401, { authorization }, 'Digest realm="r", nonce="2", stale=true');
    expect(guesses).toEqual([]);
    expect(watch.guessed).toBe(false);
    exchange(401, { authorization }, 'Digest realm="r", nonce="2", stale=false');
    expect(guesses).toEqual(["1002"]);
  });
});

describe("credentials in other requests", () => {
  const as = (method: string, text: Buffer) => Buffer.from(text.toString().replaceAll("REGISTER", method));
  const authorization = 'Digest username="1002", response="00"';

  it.each(["INVITE", "OPTIONS"])("count when %s is challenged again", (method) => {
    watch.fromPhone(as(method, register({ authorization })));
    watch.fromAsterisk(as(method, answer(401)));
    expect(guesses).toEqual(["1002"]);
    watch.fromAsterisk(as(method, answer(401)));
    expect(guesses).toHaveLength(1);
  });

  it("are found in any casing", () => {
    const shouting = as("OPTIONS", register({ authorization }))
      .toString()
      .replace("Authorization", "AUTHORIZATION");
    watch.fromPhone(Buffer.from(shouting));
    watch.fromAsterisk(as("OPTIONS", answer(407)));
    expect(guesses).toEqual(["1002"]);
  });

  it("don't count in the first challenge, once it is taken, or when whom it calls is not there", () => {
    watch.fromPhone(as("INVITE", register()));
    watch.fromAsterisk(as("INVITE", answer(401)));
    watch.fromPhone(as("INVITE", register({ authorization, cseq: 2 })));
    watch.fromAsterisk(as("INVITE", answer(100, { cseq: 2 })));
    watch.fromAsterisk(as("INVITE", answer(404, { cseq: 2 })));
    watch.fromPhone(as("INVITE", register({ authorization, cseq: 3 })));
    watch.fromAsterisk(as("INVITE", answer(403, { cseq: 3 })));
    expect(guesses).toEqual([]);
  });
});

describe("the end of the socket", () => {
  it("tells the DNs that were registered on it, once", () => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    watch.fromPhone(register({ dn: "1003", callId: "c2" }));
    watch.fromAsterisk(answer(200, { dn: "1003", callId: "c2", contacts: [CONTACT] }));
    watch.closed();
    watch.closed();
    expect(gone).toEqual([["1002", "1003"]]);
  });

  it("tells nothing of a phone that never registered, or has un-registered", () => {
    watch.closed();
    watch.fromPhone(register());
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    watch.fromPhone(register({ cseq: 2, expires: 0 }));
    watch.fromAsterisk(answer(200, { cseq: 2 }));
    watch.closed();
    expect(gone.flat()).toEqual([]);
  });
});

describe("the log", () => {
  it("tells the story in the words that operators look for, without credentials", () => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(401));
    watch.fromPhone(register({ cseq: 2, authorization: 'Digest username="1002", response="s3cret"' }));
    watch.fromAsterisk(answer(200, { cseq: 2, contacts: [CONTACT] }));
    const info = log.lines.filter(({ level }) => level === "info");
    expect(info.map(({ message }) => message)).toEqual([
      "REGISTER from phone",
      "401 from Asterisk",
      "REGISTER from phone",
      "200 from Asterisk",
    ]);
    expect(info.every(({ fields }) => fields.dn === "1002" && fields.socket === 7)).toBe(true);
    expect(JSON.stringify(log.lines)).not.toContain("s3cret");
  });

  it("leaves a 200 to the change of state that it brings", () => {
    told = true;
    watch.fromPhone(register());
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    const info = log.lines.filter(({ level }) => level === "info");
    expect(info.map(({ message }) => message)).toEqual(["REGISTER from phone"]);
  });

  it("a refresh is no news, a refusal is a warning", () => {
    watch.fromPhone(register());
    watch.fromAsterisk(answer(200, { contacts: [CONTACT] }));
    log.lines.length = 0;
    watch.fromPhone(register({ cseq: 2 }));
    watch.fromAsterisk(answer(200, { cseq: 2, contacts: [CONTACT] }));
    expect(log.lines.map(({ level }) => level)).toEqual(["debug", "debug"]);
    watch.fromPhone(register({ cseq: 3 }));
    watch.fromAsterisk(answer(403, { cseq: 3 }));
    expect(log.lines.at(-1)).toMatchObject({ level: "warn", message: "403 from Asterisk" });
  });
});
