import { hostPort, inRange, inRanges, isLoopback } from "../../config";
import { addressesOverlap, networksOverlap } from "../../config/addresses";

it("writes an address with a port as URLs do", () => {
  expect(hostPort("127.0.0.1", 8443)).toBe("127.0.0.1:8443");
  expect(hostPort("::1", 8443)).toBe("[::1]:8443");
  expect(hostPort("tserver.example.com", 5060)).toBe("tserver.example.com:5060");
});

it.each([
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  ["0.0.0.0", "127.0.0.2", true],
  ["192.0.2.1", "0.0.0.0", true],
  ["::", "fe80::1", true],
  ["0:0::0", "fe80::1", true],
  ["fe80::1", "FE80:0::1", true],
  ["fe80::1", "fe80::2", false],
  ["::", "0.0.0.0", false],
])("%s and %s meet: %s", (a, b, meet) => {
  expect(addressesOverlap(a, b)).toBe(meet);
});

it.each([
  ["192.0.2.9", "192.0.2.9", true],
  ["192.0.2.9", "192.0.2.8", false],
  ["192.0.2.0/28", "192.0.2.15", true],
  ["192.0.2.16", "192.0.2.0/28", false],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["10.0.0.0/8", "10.128.0.0/9", true],
  ["10.0.0.0/9", "10.128.0.0/9", false],
  ["sip.example.com", "sip.example.com", false],
])("networks %s and %s overlap: %s", (a, b, overlap) => {
  expect(networksOverlap(a, b)).toBe(overlap);
});

it.each([
  ["127.0.0.1", true],
  ["127.255.0.3", true],
  ["128.0.0.1", false],
  ["127.example.com", false],
])("%s is a loopback address: %s", (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});

it.each([
  ["1000", true],
  ["5020", true],
  ["5021", false],
  ["0999", false],
  ["01002", false],
  ["100", false],
])("%s is in 1000-5020: %s", (dn, within) => {
  expect(inRange(dn, { from: "1000", to: "5020" })).toBe(within);
  expect(
    inRanges(dn, [
      { from: "7", to: "7" },
      { from: "1000", to: "5020" },
    ]),
  ).toBe(within);
});
