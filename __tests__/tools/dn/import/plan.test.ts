import fc from "fast-check";
import { credentialOfPassword, digestSecret } from "../../../../assets/database/src/credential";
import { type Environment, inRanges } from "../../../../config";
import { expandDns } from "../../../../config/dns";
import type { FoundPhone } from "../../../../tools/dn/import/phones";
import { planImport } from "../../../../tools/dn/import/plan";
import { contextOf } from "../support";

const phone = (number: string, displayName?: string, secret = `pw ${number}`): FoundPhone => ({
  number,
  ...(displayName !== undefined && { displayName }),
  secret,
  credential: credentialOfPassword(number, "webrtc-genesys", secret),
  place: { file: "pjsip.conf", line: 1 },
  notes: [],
  endpoint: { type: "endpoint", id: number, place: { file: "", line: 1 }, options: new Map() },
  aors: [],
});

function plan(
  phones: readonly FoundPhone[],
  { secrets = {}, environment = {}, overwrite = false, hasAllowedDns = false } = {} as {
    secrets?: Record<string, string>;
    environment?: Partial<Environment>;
    overwrite?: boolean;
    hasAllowedDns?: boolean;
  },
) {
  const { context } = contextOf({ environment });
  return planImport(phones, context.environment, (dn) => secrets[dn], { overwrite, hasAllowedDns });
}

it("lists new DNs, those with names one by one, others in ranges where three follow each other", () => {
  const numbers = ["5003", "5001", "5002", "6001", "6002", "099", "100", "101"];
  const { dns } = plan([...numbers.map((number) => phone(number)), phone("5004", "Eve")]);
  expect(dns).toStrictEqual([
    { from: "099", to: "101" },
    { from: "5001", to: "5003" },
    { from: "5004", to: "5004", displayName: "Eve" },
    { from: "6001", to: "6001" },
    { from: "6002", to: "6002" },
  ]);
});

it("leaves those of the file as they are there", () => {
  const { dns, phones } = plan([phone("1002", "Alice"), phone("1003")], {
    environment: {
      dns: [
        { number: "1002", displayName: "Al" },
        { number: "1003", displayName: "Bob" },
      ],
    },
  });
  expect(dns).toStrictEqual([]);
  expect(
    phones.map(({ number, displayName, inFile, notes }) => [number, displayName, inFile, notes]),
  ).toStrictEqual([
    ["1002", "Al", true, ["the file lists it already, without its name 'Alice'"]],
    ["1003", "Bob", true, []],
  ]);
});

it("widens allowedDns by what is outside, behind the default where the file has none", () => {
  const phones = [phone("2000"), phone("7001"), phone("7002")];
  expect(plan(phones).allowedDns).toStrictEqual([
    { from: "1000", to: "5020" },
    { from: "7001", to: "7002" },
  ]);
  expect(plan(phones, { hasAllowedDns: true }).allowedDns).toStrictEqual([{ from: "7001", to: "7002" }]);
  expect(plan([phone("2000")]).allowedDns).toStrictEqual([]);
});

it("keeps a secret with another password, and says so; overwrite takes the imported one", () => {
  const secrets = { "1002": "another" };
  const kept = plan([phone("1002"), phone("1003")], { secrets });
  expect(kept.phones.map(({ number, secretChange }) => [number, secretChange])).toStrictEqual([
    ["1003", "new"],
  ]);
  expect(kept.leftOut).toMatchObject([
    { name: "1002", reason: expect.stringContaining("--overwrite takes this one") },
  ]);
  const taken = plan([phone("1002")], { secrets, overwrite: true });
  expect(taken.phones).toMatchObject([{ number: "1002", secretChange: "replaced" }]);
  expect(taken.leftOut).toStrictEqual([]);
});

it("sees that a secret has the same password, as a password or as a digest", () => {
  const same = (secret: string) =>
    plan([phone("1002")], { secrets: { "1002": secret } }).phones[0]?.secretChange;
  expect(same("pw 1002")).toBe("same");
  expect(same(digestSecret(credentialOfPassword("1002", "webrtc-genesys", "pw 1002")))).toBe("same");
  expect(same(digestSecret(credentialOfPassword("1002", "other", "pw 1002")))).toBeUndefined();
  expect(same("{MD5}broken")).toBeUndefined();
});

it("lists exactly the DNs that it was given, and allows all of them", () => {
  const numbers = fc.uniqueArray(fc.stringMatching(/^\d{1,4}$/), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, (all) => {
      const { dns, allowedDns } = plan(
        all.map((number) => phone(number)),
        { environment: { dns: [] } },
      );
      expect(
        expandDns(dns)
          .map(({ number }) => number)
          .sort(),
      ).toStrictEqual([...all].sort());
      const allowed = allowedDns.length > 0 ? allowedDns : [{ from: "1000", to: "5020" }];
      expect(all.filter((number) => !inRanges(number, allowed))).toStrictEqual([]);
    }),
  );
});
