import { type BindingChange, BindingTable } from "../../../assets/genesys-simulator/src/bindings";
import type { Settings } from "../../../assets/genesys-simulator/src/config";
import { Registrar } from "../../../assets/genesys-simulator/src/registrar";
import { DigestClient, type HeaderInit, SipRequest, SipResponse, systemClock } from "../../../lib/sip";
import { simulatorConfig } from "./harness";

const SOURCE = { address: { address: "127.0.3.1", port: 5070 }, protocol: "UDP" } as const;

let changes: BindingChange[];
let bindings: BindingTable;

beforeEach(() => {
  jest.useFakeTimers();
  changes = [];
  bindings = new BindingTable(systemClock, (change) => changes.push(change));
});

afterEach(() => {
  bindings.stop();
  jest.useRealTimers();
});

function registrar(settings: Partial<Settings> = {}): Registrar {
  return new Registrar("primary", bindings, systemClock, simulatorConfig(settings).settings);
}

function register(
  props: { dn?: string; callId?: string; cseq?: number; headers?: HeaderInit } = {},
): SipRequest {
  const { dn = "1002", callId = "a", cseq = 1, headers = [["Contact", "<sip:1002@127.0.3.1:5070>"]] } = props;
  return SipRequest.create({
    method: "REGISTER",
    uri: "sip:127.0.0.2",
    headers: [
      ["Via", "SIP/2.0/UDP 127.0.3.1:5070;branch=z9hG4bK1"],
      ["From", `<sip:${dn}@127.0.0.2>;tag=1`],
      ["To", `<sip:${dn}@127.0.0.2>`],
      ["Call-ID", callId],
      ["CSeq", `${cseq} REGISTER`],
      ...headers,
    ],
  });
}

const contacts = () => bindings.list().map(({ contact }) => contact.toString());

describe("Registrar, RFC 3261 10.3", () => {
  it("lists every binding with what is left of it", () => {
    const subject = registrar({ bindingsPerDn: 2 });
    subject.register(register({ headers: [["Contact", "<sip:1002@127.0.3.1:5070>;expires=100"]] }), SOURCE);
    jest.advanceTimersByTime(40_000);
    const second = register({ callId: "b", headers: [["Contact", "<sip:1002@127.0.3.9>"]] });
    const answer = subject.register(second, SOURCE);
    const listed = (answer.headers ?? [])
      .filter(([name]) => name === "Contact")
      .map(([, value]) => String(value));
    expect(answer.status).toBe(200);
    expect(listed).toEqual(["<sip:1002@127.0.3.9>;expires=600", "<sip:1002@127.0.3.1:5070>;expires=60"]);
  });

  it.each([404, 403] as const)("answers %d, as it is set, to a DN outside the ranges", (unknownDn) => {
    expect(registrar({ unknownDn }).register(register({ dn: "9999" }), SOURCE).status).toBe(unknownDn);
    expect(registrar({ unknownDn }).register(register({ dn: "10020" }), SOURCE).status).toBe(unknownDn);
    expect(contacts()).toEqual([]);
  });

  it("answers 423 with Min-Expires below the minimum, and changes nothing", () => {
    const answer = registrar().register(
      register({
        headers: [
          ["Contact", "<sip:1002@127.0.3.1>"],
          ["Expires", 59],
        ],
      }),
      SOURCE,
    );
    expect(answer).toMatchObject({ status: 423, headers: [["Min-Expires", 60]] });
    expect(contacts()).toEqual([]);
  });

  it.each([
    ["the maximum to who asks for more", { expires: { min: 60, max: 300, default: 600 } }, 300],
    ["what is set for all", { expires: { min: 60, max: 3600, default: 600, grant: 90 } }, 90],
  ])("grants %s", (_what, settings, granted) => {
    registrar(settings).register(
      register({
        headers: [
          ["Contact", "<sip:1002@127.0.3.1>"],
          ["Expires", 3000],
        ],
      }),
      SOURCE,
    );
    expect(bindings.list().map((binding) => bindings.secondsLeft(binding))).toEqual([granted]);
  });

  it("lets a binding go when it expires", () => {
    registrar().register(register(), SOURCE);
    jest.advanceTimersByTime(599_999);
    expect(contacts()).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(contacts()).toEqual([]);
    expect(changes).toEqual(["registered", "expired"]);
  });

  it("keeps one binding per DN, the newest, as a T-Server does", () => {
    const subject = registrar();
    subject.register(register(), SOURCE);
    subject.register(register({ callId: "b", headers: [["Contact", "<sip:1002@127.0.3.9>"]] }), SOURCE);
    expect(contacts()).toEqual(["sip:1002@127.0.3.9"]);
    expect(changes).toEqual(["registered", "registered", "replaced"]);
    expect(subject.lookup("1002")?.contact.toString()).toBe("sip:1002@127.0.3.9");
  });

  it("takes a refresh of an equal contact for the same binding", () => {
    const subject = registrar();
    subject.register(register(), SOURCE);
    subject.register(register({ cseq: 2 }), SOURCE);
    expect(changes).toEqual(["registered", "refreshed"]);
  });

  it("refuses a repeated or older CSeq of the same Call-ID", () => {
    const subject = registrar();
    subject.register(register({ cseq: 5 }), SOURCE);
    const late = { cseq: 4, headers: [["Contact", "<sip:1002@127.0.3.1:5070>;expires=0"]] } as const;
    expect(subject.register(register(late), SOURCE).status).toBe(500);
    expect(contacts()).toHaveLength(1);
  });

  it("un-registers by Expires 0 and by the lone star", () => {
    const subject = registrar();
    subject.register(register(), SOURCE);
    subject.register(
      register({
        cseq: 2,
        headers: [
          ["Contact", "<sip:1002@127.0.3.1:5070>"],
          ["Expires", 0],
        ],
      }),
      SOURCE,
    );
    subject.register(register({ cseq: 3 }), SOURCE);
    subject.register(
      register({
        cseq: 4,
        headers: [
          ["Contact", "*"],
          ["Expires", 0],
        ],
      }),
      SOURCE,
    );
    expect(changes).toEqual(["registered", "unregistered", "registered", "unregistered"]);
    const star = register({ cseq: 5, headers: [["Contact", "*"]] });
    expect(subject.register(star, SOURCE).status).toBe(400);
  });

  it("answers a query without Contact and changes nothing", () => {
    const subject = registrar();
    subject.register(register(), SOURCE);
    expect(subject.register(register({ cseq: 2, headers: [] }), SOURCE).status).toBe(200);
    expect(changes).toEqual(["registered"]);
  });
});

describe("Registrar with digest", () => {
  function digest(more: Partial<Settings["digest"]> = {}) {
    const base = simulatorConfig().settings.digest;
    return { digest: { ...base, enabled: true, password: "secret", ...more } };
  }

  /** The answer to a REGISTER that has gone through one challenge. */
  function challenged(subject: Registrar, credentials: { username: string; password: string }) {
    const first = register();
    const challenge = subject.register(first, SOURCE);
    expect(challenge.status).toBe(401);
    const client = new DigestClient(credentials);
    expect(client.challenge(SipResponse.to(first, 401, { headers: challenge.headers }))).toBe("retry");
    const second = register({ cseq: 2 });
    client.authorize(second);
    return subject.register(second, SOURCE);
  }

  it.each(["MD5", "SHA-256"] as const)("takes the right password by %s", (algorithm) => {
    const subject = registrar(digest({ algorithms: [algorithm] }));
    expect(challenged(subject, { username: "1002", password: "secret" }).status).toBe(200);
    expect(contacts()).toHaveLength(1);
  });

  it("asks as a proxy does where that is set", () => {
    const subject = registrar(digest({ status: 407 }));
    const first = register();
    const challenge = subject.register(first, SOURCE);
    const response = SipResponse.to(first, challenge.status, { headers: challenge.headers });
    expect([response.status, response.has("WWW-Authenticate"), response.has("Proxy-Authenticate")]).toEqual([
      407,
      false,
      true,
    ]);
    const client = new DigestClient({ username: "1002", password: "secret" });
    expect(client.challenge(response)).toBe("retry");
    const second = register({ cseq: 2 });
    client.authorize(second);
    expect(second.has("Proxy-Authorization")).toBe(true);
    expect(subject.register(second, SOURCE).status).toBe(200);
  });

  it("challenges again when the password is wrong", () => {
    const subject = registrar(digest());
    expect(challenged(subject, { username: "1002", password: "wrong" })).toMatchObject({
      status: 401,
      note: "credentials wrong",
    });
    expect(contacts()).toEqual([]);
  });

  it("prefers a DN's own password", () => {
    const subject = registrar(digest({ passwords: { "1002": "own" } }));
    expect(challenged(subject, { username: "1002", password: "secret" }).status).toBe(401);
    expect(challenged(subject, { username: "1002", password: "own" }).status).toBe(200);
  });

  it("answers 403 to who is authenticated as another DN", () => {
    expect(challenged(registrar(digest()), { username: "1003", password: "secret" }).status).toBe(403);
  });

  it("lets one user register every DN where that is set", () => {
    const subject = registrar(digest({ username: "trunk" }));
    expect(challenged(subject, { username: "trunk", password: "secret" }).status).toBe(200);
  });

  it("can be switched while it runs", () => {
    const subject = registrar(digest());
    subject.configure(simulatorConfig().settings);
    expect(subject.register(register(), SOURCE).status).toBe(200);
    subject.configure(simulatorConfig(digest()).settings);
    expect(subject.register(register({ cseq: 2 }), SOURCE).status).toBe(401);
  });
});
