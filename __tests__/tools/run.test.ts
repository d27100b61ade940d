import { run } from "../../tools/run";

describe("run", () => {
  it("returns what the command printed", async () => {
    expect(await run("sh", ["-c", "echo one; echo two"], { deadline: 5000 })).toBe("one\ntwo\n");
  });

  it("fails with the end of the output of a command that fails", async () => {
    await expect(run("sh", ["-c", "echo why >&2; exit 3"], { deadline: 5000 })).rejects.toThrow(
      /ended with 3:\nwhy$/,
    );
  });

  it("says when a command can't be run", async () => {
    await expect(run("/no/such/command", [], { deadline: 5000 })).rejects.toThrow(
      "cannot run '/no/such/command'",
    );
  });

  it("ends a late command with its children", async () => {
    const started = Date.now();
    await expect(run("sh", ["-c", "sleep 30 & wait"], { deadline: 200 })).rejects.toThrow(
      "did not end within 0.2 s",
    );
    expect(Date.now() - started).toBeLessThan(4000);
  });

  it("passes lines on without colours", async () => {
    const lines: string[] = [];
    await run("printf", ["\\033[1mbold\\033[0m\\n\\nplain"], {
      deadline: 5000,
      onLine: (line) => lines.push(line),
    });
    expect(lines).toStrictEqual(["bold"]);
  });
});
