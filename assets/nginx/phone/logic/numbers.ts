/** Digits of a DN, as in config/values.ts. */
const DN = /^[0-9]{1,20}$/;

/** What a phone may dial: digits, an international prefix, star codes. Anything else could change the SIP URI. */
const NUMBER = /^\+?[0-9*#]{1,32}$/;

/** One to 32 tones of RFC 4733. */
const TONES = /^[0-9A-D*#]{1,32}$/;

export function isDn(text: string): boolean {
  return DN.test(text);
}

/** The number that was meant, without the spaces, dots, slashes, hyphens and brackets that people write. */
export function dialled(text: string): string | undefined {
  const number = text.replace(/[\s./()-]/g, "");
  return NUMBER.test(number) ? number : undefined;
}

/** Tones in upper case. */
export function tonesOf(text: string): string | undefined {
  const tones = text.toUpperCase();
  return TONES.test(tones) ? tones : undefined;
}
