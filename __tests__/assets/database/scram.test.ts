import { createHash, createHmac } from "node:crypto";
import { scramVerifier, scramVerifies } from "../../../assets/database/src/scram";

describe("scramVerifier", () => {
  it("lets a server check the exchange of RFC 7677 3", () => {
    const verifier = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
    expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[^:]+:[^:]+$/);
    const [storedKey, serverKey] = (verifier.split("$")[2] ?? "")
      .split(":")
      .map((key) => Buffer.from(key, "base64")) as [Buffer, Buffer];

    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
    const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
    const signature = createHmac("sha256", storedKey).update(message).digest();
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash("sha256").update(clientKey).digest()).toStrictEqual(storedKey);
    expect(createHmac("sha256", serverKey).update(message).digest("base64")).toBe(
      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    );
  });

  it("has another salt each time, and is recognized whatever the salt", () => {
    const [one, other] = [scramVerifier("secret"), scramVerifier("secret")];
    expect(one).not.toBe(other);
    for (const verifier of [one, other]) {
      expect(scramVerifies(verifier, "secret")).toBe(true);
      expect(scramVerifies(verifier, "Secret")).toBe(false);
    }
  });

  it("is of the normalized password, as clients normalize it", () => {
    expect(scramVerifies(scramVerifier("\u212bngstr\u00f6m"), "\u00c5ngstro\u0308m")).toBe(true);
  });

  it.each(["", "md55f4dcc3b5aa765d61d8327deb882cf99", "SCRAM-SHA-256$x"])(
    "doesn't recognize %j",
    (verifier) => {
      expect(scramVerifies(verifier, "secret")).toBe(false);
    },
  );
});
