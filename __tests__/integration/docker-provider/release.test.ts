import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { docker, TEST_IMAGE, Workspace } from "./workspace";

jest.setTimeout(120_000);

let space: Workspace;
let cause: string;
beforeEach(async () => {
  space = new Workspace();
  cause = join(space.directory, "cause");
  space.write("cause", "");
});
afterEach(() => space.remove());

const ADDRESS = "docker_container.release";

/** A container that fails while a file exists on the host: its configuration stays the same when the cause is gone. */
async function configure(more: object): Promise<void> {
  space.configure({
    docker_container: {
      release: {
        name: `${space.prefix}-release`,
        image: TEST_IMAGE,
        command: [
          "sh",
          "-c",
          "echo checking; if [ -e /host/cause ]; then echo line 7 is wrong; exit 1; fi; echo released",
        ],
        volumes: [{ host_path: space.directory, container_path: "/host", read_only: true }],
        attach: true,
        must_run: false,
        logs: true,
        tty: true,
        ...more,
      },
    },
  });
  await space.init();
}

describe("a release that fails", () => {
  const provisioner = [
    {
      "local-exec": {
        command: `printf '%s\\n' "$LOGS" | tr -d '\\r'; test "$STATUS" = 0`,
        environment: { STATUS: "${self.exit_code}", LOGS: "${self.container_logs}" },
      },
    },
  ];

  it("is tried again by the next apply when a provisioner judges it", async () => {
    await configure({ provisioner });
    const failed = await space.terraform("apply", "-auto-approve", "-no-color");
    expect(failed.status).toBe(1);
    expect(failed.output).toContain("checking\nline 7 is wrong");
    expect((await space.state())[ADDRESS]?.status).toBe("tainted");
    const first = await docker("inspect", "-f", "{{.Id}}", `${space.prefix}-release`);

    // Nothing has changed: it fails again, in a container of its own.
    const plan = await space.plan();
    expect(plan.status).toBe(2);
    expect(plan.output).toContain("is tainted, so must be replaced");
    expect((await space.terraform("apply", "-auto-approve", "-no-color")).status).toBe(1);
    expect(await docker("inspect", "-f", "{{.Id}}", `${space.prefix}-release`)).not.toBe(first);

    rmSync(cause);
    const output = await space.apply();
    expect(output).toContain("released");
    expect(output).toContain("1 added, 0 changed, 1 destroyed");
    expect((await space.state())[ADDRESS]).toMatchObject({ attributes: { exit_code: 0 } });
    expect((await space.plan()).status).toBe(0);
  });

  // Why the stack doesn't use what looks like the obvious means.
  it("blocks every later plan when a postcondition judges it", async () => {
    const postcondition = [
      { condition: "${self.exit_code == 0}", error_message: "failed: ${self.container_logs}" },
    ];
    await configure({ lifecycle: { postcondition } });
    expect((await space.terraform("apply", "-auto-approve", "-no-color")).status).toBe(1);
    expect((await space.state())[ADDRESS]?.status).toBeUndefined();
    rmSync(cause);
    expect(existsSync(cause)).toBe(false);
    const plan = await space.plan();
    expect(plan.status).toBe(1);
    expect(plan.output).toContain("Resource postcondition failed");
  });

  it("keeps the output of a container that removes itself", async () => {
    await configure({ rm: true });
    await space.apply();
    const state = await space.state();
    expect(state[ADDRESS]?.attributes).toMatchObject({
      exit_code: 1,
      container_logs: "checking\r\nline 7 is wrong\r\n",
    });
    await expect(space.leftovers()).resolves.toStrictEqual([]);
  });
});

describe("an interrupted apply", () => {
  it("ends at once, and the next one cleans up", async () => {
    space.configure({
      docker_container: {
        slow: {
          name: `${space.prefix}-slow`,
          image: TEST_IMAGE,
          command: ["sleep", "1000"],
          attach: true,
          must_run: false,
        },
      },
    });
    await space.init();
    const child = space.start("terraform", "apply", "-auto-approve", "-no-color");
    let output = "";
    child.stdout?.on("data", (data) => {
      output += data;
    });
    child.stderr?.on("data", (data) => {
      output += data;
    });
    while (!(await docker("ps", "-q", "--filter", `name=${space.prefix}-slow`)))
      await new Promise((resolve) => setTimeout(resolve, 100));
    const interrupted = Date.now();
    child.kill("SIGINT");
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(status).toBe(1);
    expect(Date.now() - interrupted).toBeLessThan(20_000);
    expect(output).toContain("Terraform asked the provider to stop");
    expect((await space.state())["docker_container.slow"]?.status).toBe("tainted");
    expect((await space.terraform("destroy", "-auto-approve", "-no-color")).status).toBe(0);
    await expect(space.leftovers()).resolves.toStrictEqual([]);
  });
});
