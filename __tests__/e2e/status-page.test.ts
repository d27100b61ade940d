import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { launchBrowser } from "../../tools/browser";
import { secretPath } from "../../tools/secrets";
import { Phones } from "../../tools/verify/phones";
import { docker, eventually, localEnvironment, MINUTE, root, up } from "./support";

/** The status page as operators have it: through nginx, with a log-in, of real phones, in both modes. */

const screenshots = join(root, ".cache", "test", "screenshots");
let environment: Environment;
let phones: Phones;
let browser: Browser;
let phone: Phone | undefined;

const secret = (name: string) => readFileSync(secretPath(environment, name) as string, "utf8").trim();
const url = (path: string) => `https://${environment.nginx.address}:${environment.nginx.port}${path}`;

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** A page through nginx, as `operator` with that password; undefined: without a log-in. */
function ask(path: string, password: string | undefined = secret("status-password")): Promise<Reply> {
  const auth = password === undefined ? undefined : `operator:${password}`;
  return new Promise((resolve, reject) => {
    request(url(path), { ca: phones.tls.ca, auth, agent: false, timeout: 5_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    })
      .on("error", reject)
      .end();
  });
}

const sql = (text: string) =>
  docker(
    ...["exec", "local-postgres", "psql", "-h", "/run/control", "-U", "postgres", "-d", "asterisk"],
    "-Atqc",
    text,
  );

async function opened(): Promise<Page> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    httpCredentials: { username: "operator", password: secret("status-password") },
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  await page.goto(url("/status"));
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  return page;
}

const row = (page: Page, dn: string) => page.getByRole("row", { name: new RegExp(`^${dn} `) });
const phoneIs = (page: Page, dn: string, word: string, timeout: number) =>
  row(page, dn).getByRole("gridcell").nth(1).getByText(word, { exact: true }).waitFor({ timeout });

async function signIn(dn: string): Promise<Phone> {
  phone = await phones.connect(dn);
  await phone.register();
  return phone;
}

async function signOut(): Promise<void> {
  await phone?.unregister().catch(() => undefined);
  await phone?.close();
  phone = undefined;
}

beforeAll(async () => {
  browser = await launchBrowser();
}, MINUTE);

afterAll(async () => {
  await signOut();
  await browser?.close();
}, MINUTE);

describe.each(["static", "proxy"] as const)("in %s mode", (mode) => {
  beforeAll(() => {
    environment = localEnvironment(mode);
    phones = new Phones(environment);
    up(mode);
  }, 15 * MINUTE);
  afterEach(signOut);

  it("is for those who log in, whatever page of it", async () => {
    for (const path of [
      "/status/",
      "/status/registrations",
      "/status/events",
      "/status/metrics",
      "/status/healthz",
    ]) {
      expect([path, (await ask(path, "")).status]).toStrictEqual([path, 401]);
    }
    expect((await ask("/status/", "not the password")).status).toBe(401);
    const { status, headers, text } = await ask("/status/");
    expect(status).toBe(200);
    expect(text).toContain("<title>Registrations</title>");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["strict-transport-security"]).toContain("max-age=");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect((await ask("/status")).headers.location).toBe("/status/");
    expect((await ask("/status/metrics")).text).toContain(
      'registration_monitor_source_up{source="database"} 1',
    );
  });

  it("is compressed where that helps", async () => {
    const { headers } = await new Promise<Reply>((resolve, reject) => {
      const auth = `operator:${secret("status-password")}`;
      const options = { ca: phones.tls.ca, auth, agent: false, headers: { "Accept-Encoding": "gzip" } };
      request(url("/status/registrations"), options, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: "" });
      })
        .on("error", reject)
        .end();
    });
    expect(headers["content-encoding"]).toBe("gzip");
  });

  it(
    "shows a phone that comes and goes within a second, with what the database knows of it",
    async () => {
      const page = await opened();
      const faults: string[] = [];
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      page.on("pageerror", (error) => faults.push(error.message));
      await phoneIs(page, "1002", "Offline", 10_000);
      await row(page, "1003").waitFor();

      await signIn("1002");
      const registered = Date.now();
      await phoneIs(page, "1002", "Registered", 1_000);
      console.log(`${mode}: shown ${Date.now() - registered} ms after the phone had its 200`);
      // The database is looked at every 5 s, and sooner after a change unless the last look took long.
      await row(page, "1002").getByText("webrtc-genesys phone").waitFor({ timeout: 8_000 });
      await row(page, "1002")
        .getByText(/^\d:\d\d$/)
        .first()
        .waitFor();
      await eventually(5_000, async () => {
        const { rows } = JSON.parse((await ask("/status/registrations")).text);
        expect(rows[0]).toMatchObject({
          dn: "1002",
          phone: {
            registered: true,
            contacts: [{ expiresAt: expect.any(String), userAgent: "webrtc-genesys phone" }],
          },
          genesys: { status: "Registered", by: mode === "static" ? "Asterisk" : "sip-proxy" },
        });
        if (mode === "proxy") expect(rows[0].genesys.expiresAt).toMatch(/^20/);
      });
      await page.screenshot({ path: join(screenshots, `status-e2e-${mode}.png`) });

      await row(page, "1002").click();
      await page
        .getByRole("region", { name: "DN 1002" })
        .getByText("phone registered at Asterisk from")
        .first()
        .waitFor();
      await signOut();
      await phoneIs(page, "1002", "Offline", 1_000);
      await page.context().close();
      expect(faults).toStrictEqual([]);
    },
    MINUTE,
  );

  it("keeps the changes in the database, for as long as it is told", async () => {
    await eventually(5_000, () => {
      expect(sql("SELECT text FROM monitor.dn_changes WHERE dn = '1002' ORDER BY id DESC LIMIT 1")).toMatch(
        /no longer registered|not registered|does not register/,
      );
    });
    const { changes, complete } = JSON.parse((await ask("/status/changes?dn=1002&limit=500")).text);
    expect(complete).toBe(true);
    expect(changes.map(({ text }: { text: string }) => text).join("\n")).toContain(
      "phone registered at Asterisk from sip:",
    );
  });
});
