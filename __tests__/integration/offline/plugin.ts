import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { listen } from "../../../tools/docker-provider/server";

/**
 * The built-in provider as a plugin that Terraform starts by itself, with TLS as go-plugin wants it: it stands in for
 * the real one, whose binary can be had from the registry only. Ends with Terraform, which kills its plugins.
 */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "offline-plugin-"));
  const [plain, secure] = [join(directory, "plain.sock"), join(directory, "tls.sock")];
  await listen(plain, process.env);
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", join(directory, "key.pem"), "-out", join(directory, "certificate.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-nodes", "-days", "1", ...subject, ...files], {
    stdio: "ignore",
  });
  const cert = readFileSync(join(directory, "certificate.pem"), "utf8");
  const key = readFileSync(join(directory, "key.pem"), "utf8");
  const server = createServer({ cert, key, ALPNProtocols: ["h2"] }, (socket) => {
    const inner = connect(plain);
    inner.on("error", () => socket.destroy());
    socket.on("error", () => inner.destroy());
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(secure, resolve));
  const der = cert.replaceAll(/-----[A-Z ]+-----|\s/g, "").replace(/=+$/, "");
  // Version of go-plugin's core and of Terraform's protocol, where it listens, and what it will show.
  console.log(`1|5|unix|${secure}|grpc|${der}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
