import { countersOf, polyline, sampleOf } from "../../../../assets/nginx/phone/logic/stats";

const counters = {
  time: 0,
  packetsReceived: 100,
  packetsSent: 100,
  packetsLost: 2,
  jitter: 0.004,
  roundTrip: 0.02,
};

describe("countersOf", () => {
  it("takes the audio of a report and nothing else", () => {
    const reports = [
      { type: "inbound-rtp", kind: "audio", packetsReceived: 50, packetsLost: 1, jitter: 0.003 },
      { type: "inbound-rtp", kind: "video", packetsReceived: 5000, packetsLost: 9, jitter: 1 },
      { type: "outbound-rtp", kind: "audio", packetsSent: 60 },
      { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.05, packetsLost: 7 },
      { type: "candidate-pair", packetsSent: 999 },
    ];
    expect(countersOf(reports, 7)).toStrictEqual({
      time: 7,
      packetsReceived: 50,
      packetsSent: 60,
      packetsLost: 1,
      jitter: 0.003,
      roundTrip: 0.05,
    });
  });

  it("counts from zero before there is any sound", () => {
    expect(countersOf([{ type: "inbound-rtp", kind: "audio", jitter: Number.NaN }], 0)).toStrictEqual({
      time: 0,
      packetsReceived: 0,
      packetsSent: 0,
      packetsLost: 0,
      jitter: 0,
    });
  });
});

describe("sampleOf", () => {
  it("gives rates for a second, milliseconds and percent", () => {
    const after = { ...counters, time: 2000, packetsReceived: 190, packetsSent: 200, packetsLost: 12 };
    expect(sampleOf(counters, after)).toStrictEqual({
      packetsInPerSecond: 45,
      packetsOutPerSecond: 50,
      jitter: 4,
      loss: 10,
      roundTrip: 20,
    });
  });

  it("knows no negative loss: a packet may come late", () => {
    const after = { ...counters, time: 1000, packetsReceived: 151, packetsLost: 1 };
    expect(sampleOf(counters, after)?.loss).toBe(0);
  });

  it("says nothing of no time, or of counters that began anew", () => {
    expect(sampleOf(counters, counters)).toBeUndefined();
    expect(sampleOf(counters, { ...counters, time: 1000, packetsReceived: 3 })).toBeUndefined();
  });
});

describe("polyline", () => {
  const box = { width: 100, height: 10, capacity: 5, ceiling: 10 };

  it("ends at the right edge", () => {
    expect(polyline([0, 5, 10], box)).toBe("50,10 75,5 100,0");
  });

  it("shows the newest, and stays in its box", () => {
    expect(polyline([99, 20, 0, 0, 0, 0], box)).toBe("0,0 25,10 50,10 75,10 100,10");
  });

  it("is nothing for nothing", () => {
    expect(polyline([], box)).toBe("");
  });
});
