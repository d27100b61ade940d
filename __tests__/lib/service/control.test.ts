import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ControlServer, requestReload } from "../../../lib/service";

let directory: string;
let path: string;
let control: ControlServer | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "control-"));
  path = join(directory, "control.sock");
});

afterEach(async () => {
  await control?.close();
  control = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** How the service is that nobody asks for more. */
const healthy = async () => ({ healthy: true, reason: "fine" });
const idle = { reload: async () => {}, health: healthy };

/** What comes back for the bytes, until the service closes. */
function talk(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection({ path });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
    socket.write(bytes);
  });
}

describe("control socket", () => {
  it("takes a release over and answers with its hash", async () => {
    const hashes: string[] = [];
    control = await ControlServer.listen(path, {
      reload: async (hash) => void hashes.push(hash),
      health: healthy,
    });
    expect(await requestReload(path, "0a1b2c3d4e5f")).toStrictEqual({ outcome: "ok" });
    expect(await talk("reload beef\n")).toBe("ok beef\n");
    expect(hashes).toStrictEqual(["0a1b2c3d4e5f", "beef"]);
  });

  it("says how the service is", async () => {
    const states = [
      { healthy: true, reason: "fine" },
      { healthy: false, reason: "no\nAsterisk" },
    ];
    control = await ControlServer.listen(path, {
      ...idle,
      health: async () => states.shift() ?? Promise.reject(new Error("no config.json")),
    });
    expect(await talk("health\n")).toBe("ok fine\n");
    expect(await talk("health\n")).toBe("error no Asterisk\n");
    expect(await talk("health\n")).toBe("error no config.json\n");
  });

  it("is for the service's own user only", async () => {
    control = await ControlServer.listen(path, idle);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("answers why a release was not taken over, in one line", async () => {
    control = await ControlServer.listen(path, {
      ...idle,
      reload: () => Promise.reject(new Error("ami.port: 70000\n is no port")),
    });
    expect(await requestReload(path, "beef")).toStrictEqual({
      outcome: "error",
      reason: "ami.port: 70000 is no port",
    });
  });

  it.each([
    "stop\n",
    "health now\n",
    "reload\n",
    "reload a b\n",
    "reload ../etc\n",
    "\n",
    `reload ${"a".repeat(101)}\n`,
  ])("refuses %j", async (request) => {
    control = await ControlServer.listen(path, {
      ...idle,
      reload: () => Promise.reject(new Error("reload must not be called")),
    });
    expect(await talk(request)).toBe("error the request is neither 'health' nor 'reload <hash>'\n");
  });

  it("bounds the line, the wait for it, and the reload", async () => {
    control = await ControlServer.listen(
      path,
      { ...idle, reload: () => new Promise(() => {}) },
      { request: 50, reload: 60 },
    );
    expect(await talk("a".repeat(300))).toBe("error no line end within 200 characters\n");
    expect(await talk("reload be")).toBe("error a line on the control socket took more than 50 ms\n");
    expect(await talk("reload beef\n")).toBe("error the reload took more than 60 ms\n");
  });

  it("a client that does not wait for the answer disturbs nobody", async () => {
    control = await ControlServer.listen(path, {
      ...idle,
      reload: () => new Promise((resolve) => setTimeout(resolve, 30)),
    });
    createConnection({ path }, function (this: import("node:net").Socket) {
      this.write("reload beef\n", () => this.destroy());
    }).on("error", () => {});
    expect(await requestReload(path, "beef")).toStrictEqual({ outcome: "ok" });
  });

  it("nobody there is told apart from an error: no socket, or one whose process is dead", async () => {
    expect(await requestReload(path, "beef")).toStrictEqual({ outcome: "not-running" });
    control = await ControlServer.listen(path, idle);
    await control.close();
    control = undefined;
    expect(await requestReload(path, "beef")).toStrictEqual({ outcome: "not-running" });
  });

  it("gives a service that never answers up", async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    const answer = await requestReload(path, "beef", 50);
    expect(answer).toStrictEqual({
      outcome: "error",
      reason: "a line on the control socket took more than 50 ms",
    });
    await new Promise((resolve) => silent.close(resolve));
  });

  it("removes the socket of a dead process, but nothing else", async () => {
    writeFileSync(path, "precious");
    await expect(ControlServer.listen(path, idle)).rejects.toThrow("something that is no socket is there");
    rmSync(path);
    control = await ControlServer.listen(path, idle);
    // A second one at the same place is what a restart after a crash looks like.
    const successor = await ControlServer.listen(path, idle);
    expect(await requestReload(path, "beef")).toStrictEqual({ outcome: "ok" });
    await successor.close();
    expect(existsSync(path)).toBe(false);
  });

  it("says where it cannot listen", async () => {
    const nowhere = join(directory, "absent", "control.sock");
    await expect(ControlServer.listen(nowhere, idle)).rejects.toThrow(
      /^control socket .*absent\/control\.sock: listen E\w+: .*\(CONTROL_SOCKET names another place\)$/,
    );
  });
});
