import { blame, EngineError } from "../../../tools/docker-provider/engine/engine";
import { Fault } from "../../../tools/docker-provider/fault";
import { BLAME } from "../../../tools/docker-provider/resources/container/blame";
import { type State, UNKNOWN } from "../../../tools/docker-provider/value";

describe("blame", () => {
  it.each([
    ['Conflict. The container name "/c" is already in use by container "1f"', "name"],
    ['invalid mount config for type "bind": bind source path does not exist: /nowhere', "mounts"],
    [
      "driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated",
      "ports",
    ],
    [
      "driver failed programming external connectivity: listen tcp4 127.0.0.1:80: bind: address already in use",
      "ports",
    ],
    ["network nowhere not found", "network_mode"],
    ["unable to find user nobody2: no matching entries in passwd file", "user"],
    ['OCI runtime create failed: exec: "nonesuch": executable file not found in $PATH: unknown', "command"],
    ['invalid CapAdd: unknown capability: "CAP_NO"', "capabilities"],
    ["Minimum memory limit allowed is 6MB", "memory"],
    ["Minimum memoryswap limit should be larger than memory limit", "memory_swap"],
    ["logger: no log driver named 'nope' is registered", "log_driver"],
    ['error looking up logging plugin nonesuch: plugin "nonesuch" not found', "log_driver"],
    ["container rootfs is marked read-only", "upload"],
    ["Unknown runtime specified nope", "runtime"],
  ])("%s: %s", (message, attribute) => {
    expect(blame("s", new EngineError(message, 500), BLAME).path).toStrictEqual([attribute]);
  });

  it("prefers the attribute that is set", () => {
    const error = new EngineError("network n not found", 404);
    expect(blame("s", error, BLAME, { networks_advanced: [{ name: "n" }] }).path).toStrictEqual([
      "networks_advanced",
    ]);
    const unknown: State = { networks_advanced: UNKNOWN, network_mode: "n" };
    expect(blame("s", error, BLAME, unknown).path).toStrictEqual(["network_mode"]);
    expect(blame("s", error, BLAME, { network_mode: "n" }).path).toStrictEqual(["network_mode"]);
  });

  it("names no place for what it doesn't know, and keeps a fault as it is", () => {
    expect(blame("s", new EngineError("teapot", 418), BLAME)).toMatchObject({ detail: "teapot", path: [] });
    const fault = new Fault("own");
    expect(blame("s", fault, BLAME)).toBe(fault);
  });
});
