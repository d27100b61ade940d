import { createColors } from "picocolors";

/** Colours where a terminal takes them; plain text elsewhere, in CI's logs too. */
export const colors = createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);
