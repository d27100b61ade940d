import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import type { PageConfig } from "../../../assets/nginx/phone/logic/page-config";
import { phonePageHeaders } from "../../../constructs/nginx/phone-page";
import { bundlePage } from "../../../constructs/service/bundle";
import { PhonePage } from "../../browser/phone-page";
import { PASSWORD, WebSocketSwitch } from "../../lib/phone/web-socket-switch";
import { makeCertificates } from "../../tools/docker-provider/certificates";

const root = join(__dirname, "..", "..", "..");

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The built page as nginx would serve it, in front of a registrar in this process. */
export class PhoneStand {
  public config: PageConfig = { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] };
  /** Whether WebSockets are refused, and how many were. */
  public refuses = false;
  public refusals = 0;
  /** Answers of other paths: the pages that embed the phone. */
  public readonly others = new Map<string, string>();
  private readonly contexts: BrowserContext[] = [];

  private constructor(
    public readonly sip: WebSocketSwitch,
    private readonly server: Server,
    private readonly directory: string,
  ) {}

  public static async start(): Promise<PhoneStand> {
    const directory = mkdtempSync(join(tmpdir(), "phone-test-"));
    bundlePage(join(root, "assets", "nginx", "phone"), join(directory, "phone"));
    const { cert, key } = makeCertificates(directory, "localhost");
    const sip = await WebSocketSwitch.start();
    const server = createServer({ cert, key });
    const stand = new PhoneStand(sip, server, directory);
    server.on("request", (request, response) => {
      const { status, headers, body } = stand.answer(request.url ?? "");
      response.writeHead(status, headers).end(body);
    });
    server.on("upgrade", (request, socket, head) => {
      if (stand.refuses) {
        stand.refusals++;
        socket.destroy();
        return;
      }
      const { hostname, port } = new URL(sip.url);
      const upstream = connect(Number(port), hostname, () => {
        const lines = request.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`));
        upstream.write(`GET /ws HTTP/1.1\r\n${lines.join("")}\r\n`);
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
      socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return stand;
  }

  public get origin(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A browser profile of its own. */
  public async open(browser: Browser, options: BrowserContextOptions = {}): Promise<PhonePage> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    this.contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const phone = new PhonePage(page);
    await page.goto(`${this.origin}/phone/`);
    return phone;
  }

  /** With 1002 signed in. */
  public async registered(browser: Browser, options: BrowserContextOptions = {}): Promise<PhonePage> {
    const phone = await this.open(browser, options);
    await phone.signIn("1002", PASSWORD);
    await phone.lineIs("registered");
    return phone;
  }

  /** Ends what a test has opened, and forgets what it has set. */
  public async reset(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    this.config = { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] };
    this.sip.onRequest = (incoming) => void incoming.respond(501);
    this.sip.bindings.clear();
    this.refuses = false;
  }

  public async stop(): Promise<void> {
    await this.reset();
    await this.sip.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.directory, { recursive: true });
  }

  private answer(url: string): { status: number; headers: Record<string, string>; body: Buffer | string } {
    const { pathname } = new URL(url, this.origin);
    const other = this.others.get(pathname);
    if (other !== undefined) return { status: 200, headers: { "Content-Type": "text/html" }, body: other };
    const headers = phonePageHeaders(this.config);
    if (pathname === "/phone/config.json") {
      return {
        status: 200,
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(this.config),
      };
    }
    const name = /^\/phone\/([A-Za-z0-9-]+\.[a-z]+)?$/.exec(pathname);
    try {
      const file = join(this.directory, "phone", name?.[1] ?? (name ? "index.html" : "none"));
      const body = gzipSync(readFileSync(file), { level: 9 });
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      return { status: 200, headers: { ...headers, "Content-Type": type, "Content-Encoding": "gzip" }, body };
    } catch {
      return { status: 404, headers, body: "" };
    }
  }
}
