import { hostPort, inRange, inRanges, isLoopback } from "../../config";
import { addressesOverlap } from "../../config/addresses";

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
