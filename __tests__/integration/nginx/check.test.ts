import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderNginxFiles } from "../../../constructs/nginx/render";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";
import { makeCertificates } from "../../tools/docker-provider/certificates";
import { attempt, docker, hardened, type Outcome } from "../asterisk/docker";

/** The check of nginx's release, by the nginx of its image. */

const base = baseImages.trixie.reference;
const bcrypt = "$2y$05$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuabcdefghijkl";
const sha512 = `$6$JZvK4K1yDpaoUyLc$${"x".repeat(86)}`;
let image: string;
let directory: string;

/** How it ends with these users of the status page. */
async function check(users: string, edit = (conf: string) => conf): Promise<Outcome> {
  const loopback = "127.0.0.1";
  const files = renderNginxFiles({
    address: loopback,
    port: 28_443,
    httpPort: 28_081,
    drainSeconds: 43_200,
    upstream: { host: loopback, port: 8088 },
    phone: { talkEvents: true, autoAnswerHeaders: false, embedOrigins: [] },
    monitor: { host: loopback, port: 8091 },
  });
  const { cert, key } = makeCertificates(directory, "localhost");
  const staged = { ...files, "tls/certificate.pem": cert, "tls/key.pem": key, "status.htpasswd": users };
  for (const [name, text] of Object.entries(staged)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), name === "nginx.conf" ? edit(text.toString()) : text, {
      mode: 0o644,
    });
  }
  return attempt(
    ...["run", "--rm", "--network", "none", "--user", "10001", "--read-only", ...hardened],
    ...["--volume", `${directory}:/staged:ro`, "--entrypoint", "/usr/local/lib/release/check"],
    ...[image, "/staged", "hash"],
  );
}

beforeAll(async () => {
  const context = buildContext("nginx", base);
  image = `nginx-test:${context.hash}`;
  const options = ["--quiet", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image];
  await docker("build", ...options, context.directory);
  directory = mkdtempSync(join(tmpdir(), "nginx-test-"));
  chmodSync(directory, 0o755);
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the check of nginx's release", () => {
  it("passes what is rendered, and users with slow hashes", async () => {
    const users = `# operators\nalice:${bcrypt}\n\nbob:${sha512}\n`;
    expect(await check(users)).toStrictEqual({ status: 0, output: "" });
  }, 30_000);

  it("finds a fault that nginx finds", async () => {
    const { status, output } = await check(`alice:${bcrypt}\n`, (conf) =>
      conf.replace("limit_req zone=", "limit zone="),
    );
    expect({ status, output }).toMatchObject({ status: 1, output: expect.stringContaining('"limit"') });
  }, 30_000);

  it.each([
    ["a password in clear", `alice:${bcrypt}\nbob:secret\n`, "line 2"],
    ["a hash that is quick to guess", "alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", "line 1"],
    ["Apache's MD5", "alice:$apr1$abcdefgh$ZZZZZZZZZZZZZZZZZZZZZ/\n", "line 1"],
    ["line ends of another system", `alice:${bcrypt}\r\n`, "line 1"],
  ])(
    "refuses %s, and shows no hash",
    async (_, users, line) => {
      const { status, output } = await check(users);
      expect(status).toBe(1);
      expect(output).toMatch(new RegExp(`^secret 'status-users', ${line}: not name:hash as `));
      expect(output.split("\n")).toHaveLength(2);
      expect(output).not.toContain("secret\n");
    },
    30_000,
  );

  it("refuses a file that names nobody", async () => {
    expect((await check("# later\n")).output).toContain("names nobody");
  }, 30_000);
});
