import { Testing } from "cdktf";
import type { Environment } from "../../../config";
import { bootFiles, renderAsteriskFiles } from "../../../constructs/asterisk/files";
import { hashFiles } from "../../../constructs/service/release";
import { parseAsteriskConf } from "./asterisk-parser";
import { callControl, options, props, provider, render, withTrunk } from "./call-control";

describe("without call-control", () => {
  it("files are what they were before there was any", () => {
    // Of the files at the commit before call-control. A change on purpose makes it another one.
    expect(hashFiles(renderAsteriskFiles(props))).toBe("256a4a00ef86");
  });
});

describe("the container", () => {
  it.each([
    ["with call-control has a volume for recordings", callControl, ["/var/spool/asterisk"]],
    ["without has none", undefined, []],
  ])("%s", async (_what, settings, places) => {
    const { Asterisk } = await import("../../../constructs/asterisk/asterisk");
    const { ReleaseOrder } = await import("../../../constructs/service/release-order");
    const { Secrets } = await import("../../../constructs/service/secrets");
    const images = { source: "registry", prefix: "registry.example.com/x", tag: "1" } as const;
    const json = JSON.parse(
      Testing.synthScope((scope) => {
        new Asterisk(scope, "asterisk", {
          environment: { ...props, callControl: settings, name: "site", images } as unknown as Environment,
          secrets: new Secrets("/secrets"),
          order: new ReleaseOrder(scope, "order", "site", "proxy", ["asterisk"]),
          dependsOn: [],
        });
      }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: synthesized JSON has no type
    const containers: any[] = Object.values(json.resource.docker_container);
    const { volumes } = containers.find(({ name }) => name === "site-asterisk");
    const mounted = volumes.map(({ container_path }: { container_path: string }) => container_path);
    expect(mounted).toStrictEqual(["/config", "/run/control", ...places]);
  });
});

describe("switching it on", () => {
  it("replaces Asterisk, and so does the first trunk; numbers, queues and other trunks don't", () => {
    const before = bootFiles(render());
    expect(before).not.toStrictEqual(bootFiles(renderAsteriskFiles(props)));
    expect(before).not.toStrictEqual(bootFiles(render({ trunks: [] })));
    const second = { ...provider, name: "second", transport: "tcp" as const, inboundFrom: ["192.0.2.1"] };
    for (const change of [
      { dids: [] },
      { queues: [], dids: [] },
      { allowedPrefixes: [] },
      { trunks: [provider, second] },
    ]) {
      expect(bootFiles(render(change))).toStrictEqual(before);
    }
  });

  it("keeps recordings in a volume, and has music for who waits", () => {
    const files = render();
    expect(options(files, "asterisk.conf", "directories")).toContainEqual([
      "astspooldir",
      "/var/spool/asterisk",
    ]);
    const required = options(files, "modules.conf", "modules").map(([, value]) => value);
    for (const module of [
      "chan_bridge_media.so",
      "res_musiconhold.so",
      "func_timeout.so",
      "res_pjsip_acl.so",
    ]) {
      expect(required).toContain(module);
    }
    expect(options(files, "musiconhold.conf", "default")).toContainEqual(["mode", "files"]);
  });
});

it("can all be read by Asterisk's parser, and has each secret where it belongs", () => {
  const files = withTrunk({ credentials: { username: "u", secret: "trunk-provider" } });
  for (const text of Object.values(files))
    parseAsteriskConf(text.replace(/^#include pjsip_transports\.conf$/m, ""));
  const holders = Object.keys(files).filter((name) => files[name]?.includes("@{secret:trunk-provider}"));
  expect(holders).toStrictEqual(["pjsip.conf"]);
});
