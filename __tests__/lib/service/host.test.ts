import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { createLogger, type Service, ServiceHost } from "../../../lib/service";

const schema = z.strictObject({ release: z.string(), text: z.string().max(5, "5 letters at most") });
type Config = z.infer<typeof schema>;

const log = createLogger("test", "silent");
let directory: string;
let file: string;
let story: string[];
let dead: unknown;

const write = (release: string, text: string) => writeFileSync(file, JSON.stringify({ release, text }));

function host(extra: Partial<Service<Config>> = {}) {
  const start = async ({ text }: Config): Promise<Service<Config>> => {
    if (text === "bad") throw new Error("bad is not good");
    story.push(`start ${text}`);
    return { stop: async () => void story.push(`stop ${text}`), ...extra };
  };
  return new ServiceHost(file, schema, start, log, (error) => {
    dead = error;
  });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "host-"));
  file = join(directory, "config.json");
  story = [];
  dead = undefined;
  write("r1", "one");
});

afterEach(() => rmSync(directory, { recursive: true }));

describe("ServiceHost", () => {
  it("starts and stops", async () => {
    const one = host();
    await one.start();
    await one.stop();
    expect(story).toStrictEqual(["start one", "stop one"]);
  });

  it("hands a new configuration to a service that can take it over", async () => {
    const one = host({ reload: async ({ text }) => void story.push(`reload ${text}`) });
    await one.start();
    write("r2", "two");
    await one.reload("r2");
    expect(story).toStrictEqual(["start one", "reload two"]);
  });

  it("starts a service that cannot anew", async () => {
    const one = host();
    await one.start();
    write("r2", "two");
    await one.reload("r2");
    expect(story).toStrictEqual(["start one", "stop one", "start two"]);
  });

  it("goes back to the old configuration when the new one does not start", async () => {
    const one = host();
    await one.start();
    write("r2", "bad");
    await expect(one.reload("r2")).rejects.toThrow("bad is not good");
    expect(story).toStrictEqual(["start one", "stop one", "start one"]);
    expect(dead).toBeUndefined();
    write("r3", "three");
    await one.reload("r3");
    expect(story.slice(-2)).toStrictEqual(["stop one", "start three"]);
  });

  it("reports its death when the old one does not start any more either", async () => {
    let starts = 0;
    const start = async (): Promise<Service<Config>> => {
      if (++starts > 1) throw new Error("the port is taken");
      return { stop: async () => {} };
    };
    const one = new ServiceHost(file, schema, start, log, (error) => {
      dead = error;
    });
    await one.start();
    await expect(one.reload("r1")).rejects.toThrow("the port is taken");
    expect(dead).toStrictEqual(new Error("the port is taken"));
  });

  it("refuses a faulty file, and a release that is not in force, and goes on", async () => {
    const one = host();
    await one.start();
    write("r2", "too long");
    await expect(one.reload("r2")).rejects.toThrow(`${file}: text: "too long": 5 letters at most`);
    write("r2", "two");
    await expect(one.reload("r3")).rejects.toThrow("release r2 is in force, not r3");
    expect(story).toStrictEqual(["start one"]);
  });

  it("does one thing after the other: a stop waits for the reload that is under way", async () => {
    let finish = () => {};
    const one = host({
      reload: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    });
    await one.start();
    const reload = one.reload("r1").then(() => story.push("reloaded"));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const stop = one.stop();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(story).toStrictEqual(["start one"]);
    finish();
    await Promise.all([reload, stop]);
    expect(story).toStrictEqual(["start one", "reloaded", "stop one"]);
    await expect(one.reload("r1")).rejects.toThrow("the service is not running");
  });
});
