import { callControl, lines, provider, render } from "./call-control";

describe("the dialplan", () => {
  it("hands a DN over, and goes on through Genesys without the application", () => {
    const files = render();
    expect(lines(files, "genesys-agent")).toStrictEqual([
      "9999,1,Goto(dn-dialled,${EXTEN},1)",
      "_100[2-3],1,Goto(dn-dialled,${EXTEN},1)",
      "outside-dialled",
    ]);
    expect(lines(files, "dn-dialled")).toStrictEqual([
      "_X!,1,Set(DN=${FILTER(0-9,${EXTEN})})",
      'n,ExecIf(${REGEX("^[0-9]+$" ${CHANNEL(endpoint)})}?Set(CALLERID(num)=${CHANNEL(endpoint)}))',
      'n,ExecIf(${REGEX("^[0-9]+$" ${CHANNEL(endpoint)})}?Set(CALLERID(name)=Agent ${CHANNEL(endpoint)}))',
      "n,Set(TIMEOUT(absolute)=5)",
      "n,Stasis(callcenter,internal,${DN})",
      'n,GotoIf($["${STASISSTATUS}" = "FAILED"]?to-genesys,${DN},1)',
      "n,Hangup()",
      "T,1,Log(WARNING,call-control has not taken a call within 5 s: internal ${DN})",
      "n,Goto(to-genesys,${DN},1)",
    ]);
  });

  it("ends the time that the application has, wherever a call goes on without it", () => {
    const files = render();
    expect(lines(files, "to-genesys")).toContain("n,Set(TIMEOUT(absolute)=0)");
    expect(lines(files, "by-trunk")).toContain("_X!,1,Set(TIMEOUT(absolute)=0)");
    expect(lines(files, "did-alone")).toContain("31201234567,1,Set(TIMEOUT(absolute)=0)");
  });

  it("is the same whoever carries calls between DNs", () => {
    expect(render({ internalCalls: "direct" })).toStrictEqual(render());
  });

  it("filters all that was dialled, and dials nothing else", () => {
    const text = render()["extensions.conf"] ?? "";
    expect(text).not.toMatch(/Dial\([^)]*\$\{EXTEN/);
    expect(text).not.toMatch(/Stasis\([^)]*\$\{EXTEN/);
    for (const [, value] of text.matchAll(/Set\((?:DN|NUMBER)=([^\n]*)\)\n/g))
      expect(value).toBe("${FILTER(0-9,${EXTEN})}");
  });

  it("sends a number by the trunk with the longest prefix, and by none where none leads there", () => {
    const trunk = (name: string, prefixes: string[]) => ({
      ...provider,
      name,
      prefixes,
      inboundFrom: ["192.0.2.1"],
    });
    const trunks = [trunk("all-of-it", ["+31"]), trunk("near", ["+3120", "+31"])];
    const plan = lines(render({ trunks }), "by-trunk");
    expect(plan.filter((line) => line.startsWith("_"))).toStrictEqual([
      "_31!,1,Set(TIMEOUT(absolute)=0)",
      "_3120!,1,Set(TIMEOUT(absolute)=0)",
      "_X!,1,Hangup(3)",
    ]);
    expect(plan.filter((line) => line.includes("Dial("))).toStrictEqual([
      "n,Dial(PJSIP/+${NUMBER}@trunk-all-of-it,300)",
      "n,Dial(PJSIP/+${NUMBER}@trunk-near,300)",
    ]);
  });

  it("knows our numbers with and without +, and as they are dialled in the own country", () => {
    expect(lines(render(), "dids")).toStrictEqual([
      "+31201234567,1,Goto(did,31201234567,1)",
      "31201234567,1,Goto(did,31201234567,1)",
      "0201234567,1,Goto(did,31201234567,1)",
      "+442071234567,1,Goto(did,442071234567,1)",
      "442071234567,1,Goto(did,442071234567,1)",
      "i,1,Hangup(1)",
    ]);
    expect(lines(render(), "from-trunk-provider")).toContain("dids");
  });

  it("rings of a queue no more members than Asterisk can hold in one line", () => {
    const members = Array.from({ length: 500 }, (_, index) => String(1_000 + index));
    const queues = callControl.queues.map((queue) => ({ ...queue, members }));
    const plan = lines(render({ queues }), "ring");
    expect(plan.filter((line) => line.includes("PHONES}&PJSIP/"))).toHaveLength(1 + 100);
  });

  it("of 10,000 numbers and 500 prefixes takes less than a moment", () => {
    const dids = Array.from({ length: 10_000 }, (_, index) => ({
      number: `+3120${1_000_000 + index}`,
      to: { dn: "1002" },
    }));
    const allowedPrefixes = Array.from({ length: 500 }, (_, index) => `+31${100 + index}`);
    expect(lines(render({ dids, allowedPrefixes }), "dids")).toHaveLength(30_001);
  });
});
