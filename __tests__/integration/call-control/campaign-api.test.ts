import type { Principal } from "../../../assets/call-control/src/access/principal";
import { type Scope, scopeNames } from "../../../assets/call-control/src/access/scopes";
import { agentRoutes } from "../../../assets/call-control/src/campaigns/agent-routes";
import { Campaigns } from "../../../assets/call-control/src/campaigns/campaigns";
import { doNotCallRoutes } from "../../../assets/call-control/src/campaigns/do-not-call-routes";
import { campaignRoutes } from "../../../assets/call-control/src/campaigns/routes";
import type { Query } from "../../../assets/call-control/src/database/database";
import { type Api, buildApi } from "../../../assets/call-control/src/http/app";
import { ApiError } from "../../../assets/call-control/src/http/errors";
import { config, silent } from "../../assets/call-control/support/world";
import { eventually } from "../asterisk/docker";
import { CampaignDatabase } from "./campaign-database";
import { FakeSwitch } from "./fake-switch";

jest.setTimeout(60_000);

const site = new CampaignDatabase("campaign-api");
let query: Query;

beforeAll(async () => {
  await site.start();
  ({ query } = site.connect());
}, 300_000);
afterAll(() => site.stop(), 60_000);

const numbers = config({
  trunks: [{ name: "provider", endpoint: "trunk-provider", prefixes: [] }],
  allowedPrefixes: ["+31"],
});

/** An instance of the service: campaigns, and the API in front of them, for whoever a test says. */
class Instance {
  readonly calls = new FakeSwitch();
  readonly campaigns: Campaigns;
  live = true;
  principal: Principal = { actor: "key:test", scopes: new Set(scopeNames), isValid: () => true };
  readonly audited: unknown[] = [];
  #api!: Api;

  constructor(name: string) {
    this.campaigns = new Campaigns({
      ...{ calls: this.calls, query, instance: name, numbers, log: silent, database: site.client },
      asterisk: () => ({ live: this.live, reason: this.live ? null : "connection refused" }),
    });
  }

  static async start(name: string, live = true): Promise<Instance> {
    const instance = new Instance(name);
    instance.live = live;
    instance.#api = await buildApi({
      access: {
        authenticate: async () => instance.principal,
        require: ({ scopes }, scope) => {
          if (!scopes.has(scope)) throw new ApiError("FORBIDDEN", `needs ${scope}`);
        },
      },
      audit: { record: ({ action, target, status }) => void instance.audited.push([action, target, status]) },
      meter: { answered: () => {} },
      log: silent,
      routes: [
        campaignRoutes(instance.campaigns),
        agentRoutes(instance.campaigns),
        doNotCallRoutes(instance.campaigns),
      ],
    });
    instance.campaigns.start();
    instances.push(instance);
    return instance;
  }

  may(...scopes: Scope[]): this {
    this.principal = { ...this.principal, scopes: new Set(scopes) };
    return this;
  }

  async ask(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object) {
    const answer = await this.#api.inject({
      method,
      url: `/telephony/${path}`,
      ...(body && { payload: body }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers are looked at by matchers
    const json: any = answer.body === "" ? undefined : answer.json();
    return { status: answer.statusCode, json };
  }

  async stop(): Promise<void> {
    await this.#api.close();
    await this.campaigns.stop();
  }
}

const instances: Instance[] = [];
afterEach(async () => {
  for (const instance of instances.splice(0)) await instance.stop();
  await query("DELETE FROM call_control.campaigns");
  await query("DELETE FROM call_control.do_not_call");
});

const always = Object.fromEntries(
  ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, [["00:00", "24:00"]]]),
);
const settings = {
  name: "spring",
  mode: "progressive",
  calling_hours: always,
  time_zone: "Europe/Amsterdam",
  wrap_up_seconds: 0,
};
const leads = (count: number) => ({
  leads: Array.from({ length: count }, (_, index) => ({
    phone_number: `020 100 00${String(index).padStart(2, "0")}`,
  })),
});

/** A running campaign with numbers, by the API. */
async function running(instance: Instance, count: number, part: object = {}): Promise<string> {
  const { json } = await instance.ask("POST", "campaigns/", { ...settings, ...part });
  expect((await instance.ask("POST", `campaigns/${json.id}/leads/`, leads(count))).json.added).toBe(count);
  expect((await instance.ask("POST", `campaigns/${json.id}/start/`)).json.state).toBe("running");
  // Asterisk's calls are known first.
  await instance.campaigns.look();
  return json.id;
}

const stateOf = async (instance: Instance, id: string, agent: string): Promise<string | undefined> =>
  (await instance.ask("GET", `campaigns/${id}/agents/`)).json.agents.find(
    (one: { agent: string }) => one.agent === agent,
  )?.state;

async function ready(instance: Instance, id: string, agent: string): Promise<void> {
  expect((await instance.ask("POST", `campaigns/${id}/agents/`, { agent })).status).toBe(202);
  await eventually(`${agent} to be there`, async () =>
    ["ready", "talking"].includes((await stateOf(instance, id, agent)) ?? "") ? true : undefined,
  );
}

describe("campaigns over HTTP", () => {
  it("are made, changed, listed and removed", async () => {
    const here = await Instance.start("one");
    const { status, json } = await here.ask("POST", "campaigns/", settings);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      ...{
        ...settings,
        state: "paused",
        dial_ratio: 1,
        abandon_limit: 0.03,
        caller_id: null,
        abandon_rate: null,
      },
      ...{ retry: { attempts: 5, minutes: {} }, queue: { waiting: 0, done: 0 }, agents: { ready: 0 } },
    });
    expect((await here.ask("POST", "campaigns/", settings)).status).toBe(409);
    const changed = await here.ask("PATCH", `campaigns/${json.id}/`, { mode: "predictive", dial_ratio: 3 });
    expect(changed.json).toMatchObject({ mode: "predictive", dial_ratio: 3, wrap_up_seconds: 0 });
    expect((await here.ask("GET", "campaigns/")).json.campaigns).toHaveLength(1);
    expect((await here.ask("GET", `campaigns/${json.id}/progress/?minutes=5`)).json.minutes).toStrictEqual(
      [],
    );
    await here.ask("POST", `campaigns/${json.id}/start/`);
    expect((await here.ask("DELETE", `campaigns/${json.id}/`)).json.error.code).toBe("CONFLICT");
    await here.ask("POST", `campaigns/${json.id}/pause/`);
    expect((await here.ask("DELETE", `campaigns/${json.id}/`)).status).toBe(204);
    expect((await here.ask("GET", `campaigns/${json.id}/`)).json.error.code).toBe("NOT_FOUND");
    expect(here.audited).toContainEqual(["campaign.start", json.id, 200]);
  });

  it("say what is wrong with what they are given", async () => {
    const here = await Instance.start("one");
    const bad = {
      ...settings,
      dial_ratio: 9,
      time_zone: "Europe/Atlantis",
      calling_hours: { mon: [["20:00", "09:00"]] },
    };
    const { status, json } = await here.ask("POST", "campaigns/", bad);
    expect(status).toBe(422);
    expect(json.error.fields.map(({ field }: { field: string }) => field)).toStrictEqual(
      expect.arrayContaining(["body.dial_ratio", "body.time_zone", "body.calling_hours.mon.0"]),
    );
  });

  it("take numbers as people write them, and tell which they leave out", async () => {
    const here = await Instance.start("one");
    const { json } = await here.ask("POST", "campaigns/", settings);
    await here.ask("POST", "do-not-call/", { phone_numbers: ["+31 20 100 0001"], reason: "asked for it" });
    const upload = await here.ask("POST", `campaigns/${json.id}/leads/`, {
      leads: [
        { phone_number: "020 100 0000", lead: { name: "A. Jansen" } },
        { phone_number: "0031201000000" },
        { phone_number: "+31201000001" },
        { phone_number: "+4930123456" },
        { phone_number: "1002" },
        { phone_number: "nobody" },
      ],
    });
    expect(upload.json).toMatchObject({
      added: 1,
      duplicates: { count: 1, phone_numbers: ["+31201000000"] },
      do_not_call: { count: 1, phone_numbers: ["+31201000001"] },
      invalid: { count: 3, leads: [{ index: 3 }, { index: 4 }, { index: 5 }] },
    });
    const list = await here.ask("GET", "do-not-call/");
    expect(list.json.numbers).toMatchObject([
      { phone_number: "+31201000001", reason: "asked for it", added_by: "key:test" },
    ]);
    expect((await here.ask("DELETE", "do-not-call/+31201000001/")).status).toBe(204);
    expect((await here.ask("DELETE", "do-not-call/+31201000001/")).status).toBe(404);
    expect((await here.ask("POST", "do-not-call/", { phone_numbers: ["1002"] })).status).toBe(422);
  });

  it("are changed only by who may, and agents are themselves only", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 1);
    here.may("campaigns:read");
    expect((await here.ask("GET", "campaigns/")).status).toBe(200);
    expect((await here.ask("POST", `campaigns/${id}/pause/`)).status).toBe(403);
    here.principal = { ...here.principal, agent: "1003", scopes: new Set(scopeNames) };
    expect((await here.ask("POST", `campaigns/${id}/agents/`, { agent: "1002" })).status).toBe(403);
    expect((await here.ask("POST", `campaigns/${id}/agents/`, {})).json.agent).toBe("1003");
    expect((await here.ask("POST", `campaigns/${id}/agents/1002/pause/`)).status).toBe(403);
  });
});

describe("a campaign that runs", () => {
  it("calls its numbers for agents who have joined, and ends", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 2);
    await ready(here, id, "1002");
    for (const number of ["+31201000000", "+31201000001"]) {
      await eventually(`a call to ${number}`, () => (here.calls.dialed.includes(number) ? true : undefined));
      here.calls.answer(number);
      await eventually("the agent to talk", async () =>
        (await stateOf(here, id, "1002")) === "talking" ? true : undefined,
      );
      here.calls.end(number, "answered");
    }
    await eventually("its end", async () =>
      (await here.ask("GET", `campaigns/${id}/`)).json.state === "finished" ? true : undefined,
    );
    const { json } = await here.ask("GET", `campaigns/${id}/`);
    expect(json).toMatchObject({ queue: { done: 2, waiting: 0 }, reason: "it is finished" });
    expect((await here.ask("DELETE", `campaigns/${id}/agents/1002/`)).status).toBe(204);
    expect(here.calls.asked.at(-1)).toBe("closeSeat seat-1002");
  });

  it("is dialled by one instance; when that one goes, the other one goes on, and no number is called twice", async () => {
    const [one, two] = [await Instance.start("one"), await Instance.start("two")];
    const id = await running(one, 6);
    await ready(one, id, "1002");
    const elsewhere = await two.ask("POST", `campaigns/${id}/agents/`, { agent: "1003" });
    expect(elsewhere.json.error.code).toBe("CONFLICT");
    await eventually("a call", () => one.calls.dialed[0]);
    one.calls.end("+31201000000", "busy");
    await eventually("the next call", () => one.calls.dialed[1]);
    await one.stop();
    instances.splice(instances.indexOf(one), 1);
    await eventually("the other one to take over", async () => {
      const { status } = await two.ask("POST", `campaigns/${id}/agents/`, { agent: "1003" });
      return status === 202 ? true : undefined;
    });
    for (let call = 0; call < 4; call++) {
      const number = await eventually("a call", () => two.calls.dialed[call]);
      two.calls.end(number, "busy");
    }
    const dialed = [...one.calls.dialed, ...two.calls.dialed];
    expect(dialed).toHaveLength(6);
    expect(new Set(dialed).size).toBe(6);
    // The agent of the first one has no phone here.
    expect(await stateOf(two, id, "1002")).toBe("paused");
  });

  it("goes on after the database was away, and an agent's call with it", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 3);
    await ready(here, id, "1002");
    const [first = ""] = await eventually("a call", () =>
      here.calls.dialed[0] ? here.calls.dialed : undefined,
    );
    here.calls.answer(first);
    await site.stand.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'call_control'",
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    here.calls.end(first, "answered");
    await eventually("the next call", () => here.calls.dialed[1]);
    await eventually("the outcome to be written", async () =>
      (await here.ask("GET", `campaigns/${id}/`)).json.queue.done === 1 ? true : undefined,
    );
  });

  it("waits for Asterisk, and says so", async () => {
    const here = await Instance.start("one", false);
    const made = await here.campaigns.create({
      ...{
        name: "early",
        mode: "progressive",
        callerId: null,
        dialRatio: 1,
        abandonLimit: 0.03,
        ringSeconds: 25,
      },
      ...{ wrapUpSeconds: 0, callingHours: always, timeZone: "UTC", retry: { attempts: 5, minutes: {} } },
    } as Parameters<Campaigns["create"]>[0]);
    // Without a number it would be at its end.
    await here.campaigns.addLeads(made.id, [{ phoneNumber: "+31201000000", lead: {} }]);
    await here.campaigns.setState(made.id, "running");
    await expect(here.campaigns.join(made.id, "1002")).rejects.toThrow("Asterisk is not connected yet");
    here.live = true;
    await eventually("Asterisk to be seen", () =>
      here.campaigns.join(made.id, "1002").then(
        () => true,
        () => undefined,
      ),
    );
    here.live = false;
    await eventually("Asterisk to be missed", () =>
      here.campaigns.reason(made.id) === "Asterisk is away: connection refused" ? true : undefined,
    );
  });
});

describe("previews", () => {
  it("are looked at, skipped and accepted", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 2, { mode: "preview" });
    await ready(here, id, "1002");
    const act = (what: string) => here.ask("POST", `campaigns/${id}/agents/1002/preview/${what}/`);
    expect((await act("accept")).json.error.code).toBe("CONFLICT");
    const first = await act("next");
    expect(first.json.preview.phone_number).toBe("+31201000000");
    expect((await act("next")).json).toStrictEqual(first.json);
    expect((await act("skip")).status).toBe(204);
    expect((await act("next")).json.preview.phone_number).toBe("+31201000001");
    const accepted = await act("accept");
    expect(accepted.status).toBe(201);
    expect(accepted.json).toMatchObject({ to_number: "+31201000001", type: "campaign" });
    expect(await stateOf(here, id, "1002")).toBe("talking");
    expect((await act("next")).json.error.code).toBe("CALL_STATE");
    here.calls.end("+31201000001", "busy");
    await eventually("the agent to be ready", async () =>
      (await stateOf(here, id, "1002")) === "ready" ? true : undefined,
    );
    // The one that was skipped is not due yet.
    expect((await act("next")).json.preview).toBeNull();
  });
});

describe("a number that is asked for", () => {
  it("is the next that is called", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 3);
    const call = here.campaigns.originate(id, "020 123 4567", undefined);
    call.catch(() => undefined);
    await eventually("it to be in the queue", async () =>
      (await here.ask("GET", `campaigns/${id}/`)).json.queue.waiting === 4 ? true : undefined,
    );
    await ready(here, id, "1002");
    expect((await call).to).toBe("+31201234567");
    expect(here.calls.dialed).toStrictEqual(["+31201234567"]);
    await expect(here.campaigns.originate(id, "+31201234567", undefined)).rejects.toThrow(
      "is being called already",
    );
    await expect(here.campaigns.originate(id, "+4930123456", undefined)).rejects.toThrow("may not be called");
  });

  it("is called at once for an agent who is named", async () => {
    const here = await Instance.start("one");
    const id = await running(here, 0 + 1, { mode: "preview" });
    await expect(here.campaigns.originate(id, "+31201234567", "1002")).rejects.toThrow("has not joined");
    await ready(here, id, "1002");
    expect((await here.campaigns.originate(id, "+31201234567", "1002")).to).toBe("+31201234567");
    here.calls.answer("+31201234567");
    await eventually("the agent to be put through", () =>
      here.calls.asked.includes("connect +31201234567 seat-1002") ? true : undefined,
    );
  });
});
