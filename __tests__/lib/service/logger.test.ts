import { createLogger } from "../../../lib/service";

let lines: Record<string, unknown>[];
let urgent: boolean[];

function logger(level?: string) {
  lines = [];
  urgent = [];
  return createLogger("sip-proxy", level, (line, isUrgent) => {
    expect(line.endsWith("}\n")).toBe(true);
    lines.push(JSON.parse(line));
    urgent.push(isUrgent);
  });
}

describe("a logger", () => {
  it("writes level, time, service, fields and words, in this order", () => {
    logger().info(
      { dn: "1002", socket: 7, credentials: false, gone: undefined, none: null },
      "REGISTER from phone",
    );
    expect(Object.keys(lines[0] ?? {})).toEqual([
      "level",
      "time",
      "service",
      "dn",
      "socket",
      "credentials",
      "none",
      "msg",
    ]);
    expect(lines[0]).toMatchObject({
      level: "info",
      service: "sip-proxy",
      dn: "1002",
      socket: 7,
      credentials: false,
      none: null,
      msg: "REGISTER from phone",
    });
    expect(Math.abs(Date.parse(String(lines[0]?.time)) - Date.now())).toBeLessThan(2_000);
  });

  it.each([['a "quoted" word'], ["back\\slash"], ["line\r\nbreak"], ["Zürich \u{1f4de}"], ["\ud800"], [""]])(
    "writes %j as it is",
    (text) => {
      logger().info({ text }, text);
      expect(lines[0]?.text).toBe(JSON.parse(JSON.stringify(text)));
      expect(lines[0]?.msg).toBe(lines[0]?.text);
    },
  );

  it("writes what JSON has no form for in one that it has", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    logger().info({ nan: Number.NaN, infinite: -1 / 0, big: 5n, circular, inner: { big: 5n } }, "odd");
    expect(lines[0]).toMatchObject({ nan: null, infinite: null, big: "5", inner: { big: "5" } });
    expect(lines[0]?.circular).toMatch(/^not to be shown/);
  });

  it("shows errors with their stacks", () => {
    logger().fatal({ err: new TypeError("no such thing") }, "the service ends");
    expect(lines[0]?.err).toMatchObject({ type: "TypeError", message: "no such thing" });
    expect(lines[0]).toMatchObject({ err: { stack: expect.stringContaining("logger.test") } });
  });

  it("never shows a secret, at whatever depth", () => {
    logger().info({ password: "hush", ami: { secret: "hush", list: [{ authorization: "hush" }] } }, "config");
    expect(JSON.stringify(lines)).not.toContain("hush");
    expect(lines[0]).toMatchObject({ password: "[redacted]", ami: { secret: "[redacted]" } });
  });

  it("cuts what is too long", () => {
    logger().info({ reason: "x".repeat(100_000), list: Array(100_000).fill(1) }, "long");
    expect(JSON.stringify(lines).length).toBeLessThan(30_000);
  });

  it("leaves out what is below its level, and calls warnings and worse urgent", () => {
    const log = logger("warn");
    log.debug("no");
    log.info("no");
    log.warn("yes");
    log.error("yes");
    expect(lines.map(({ level }) => level)).toEqual(["warn", "error"]);
    expect(urgent).toEqual([true, true]);
    logger("debug").debug("yes");
    expect(lines).toHaveLength(1);
    expect(urgent).toEqual([false]);
    logger("silent").fatal("no");
    expect(lines).toHaveLength(0);
  });

  it("says that a level is none, and goes on with info", () => {
    const log = logger("loud");
    log.debug("no");
    log.info("yes");
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('LOG_LEVEL "loud" is no level'),
      "yes",
    ]);
  });
});
