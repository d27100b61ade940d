import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { tar } from "../../../tools/docker-provider/tar";
import { docker, Workspace } from "./workspace";

jest.setTimeout(120_000);

const digest = (content: Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const PASSWORD = "right";

/** A registry with one image of one file, for whoever knows the password (OCI distribution specification, pull). */
function registry(): { server: Server; manifest: Buffer } {
  const layer = tar([{ path: "file", mode: 0o644, content: Buffer.from("from the registry") }]);
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/x"] },
      rootfs: { type: "layers", diff_ids: [digest(layer)] },
    }),
  );
  const type = "application/vnd.docker.distribution.manifest.v2+json";
  const part = (mediaType: string, content: Buffer) => ({
    mediaType,
    size: content.length,
    digest: digest(content),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: part("application/vnd.docker.container.image.v1+json", config),
      layers: [part("application/vnd.docker.image.rootfs.diff.tar.gzip", packed)],
    }),
  );
  const content = new Map([
    ["/v2/", Buffer.from("{}")],
    ["/v2/team/app/manifests/1", manifest],
    [`/v2/team/app/manifests/${digest(manifest)}`, manifest],
    [`/v2/team/app/blobs/${digest(config)}`, config],
    [`/v2/team/app/blobs/${digest(packed)}`, packed],
  ]);
  const server = createServer((request, response) => {
    const known = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;
    if (request.headers.authorization !== known) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const found = content.get(request.url ?? "");
    if (!found) return void response.writeHead(404).end();
    const isManifest = request.url?.includes("/manifests/");
    response.setHeader("Content-Type", isManifest ? type : "application/octet-stream");
    response.setHeader("Docker-Content-Digest", digest(found));
    response.setHeader("Content-Length", found.length);
    response.end(request.method === "HEAD" ? undefined : found);
  });
  return { server, manifest };
}

describe("an image from a registry", () => {
  const space = new Workspace();
  const { server, manifest } = registry();
  let address: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await space.remove();
  });

  const configure = (password: string) =>
    space.configure(
      { docker_image: { app: { name: `${address}/team/app:1` } } },
      { registry_auth: [{ address, username: "me", password }] },
    );

  it("isn't had with the wrong password, and the message doesn't repeat it", async () => {
    configure("wr0ng-secret");
    await space.init();
    const [diagnostic] = await space.failingApply();
    expect(diagnostic?.summary).toBe(
      `The image ${address}/team/app:1 is not on the engine and can't be pulled`,
    );
    expect(diagnostic?.snippet?.code.trim()).toMatch(/^"name"/);
    expect(JSON.stringify(diagnostic)).not.toContain("wr0ng-secret");
  });

  it("is pulled, known by its digest, and removed again", async () => {
    configure(PASSWORD);
    await space.apply();
    expect((await space.state())["docker_image.app"]?.attributes).toMatchObject({
      image_id: await docker("inspect", "-f", "{{.Id}}", `${address}/team/app:1`),
      repo_digest: `${address}/team/app@${digest(manifest)}`,
    });
    expect((await space.plan()).status).toBe(0);
    expect((await space.terraform("destroy", "-auto-approve")).status).toBe(0);
    await expect(docker("images", "-q", `${address}/team/app`)).resolves.toBe("");
  });
});
