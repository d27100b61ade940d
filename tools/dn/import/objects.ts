import type { Conf } from "./asterisk-conf";
import type { Place } from "./place";
import { objectsOfWizard } from "./wizard";

export interface PjsipOption {
  readonly value: string;
  readonly place: Place;
}

/** An object of Asterisk's res_pjsip, from a section of pjsip.conf or from a row of a ps_* table. */
export interface PjsipObject {
  /** "endpoint", "auth", "aor", ... */
  readonly type: string;
  readonly id: string;
  readonly place: Place;
  /** By their names in lower case; more than one where the option is repeated. */
  readonly options: ReadonlyMap<string, readonly PjsipOption[]>;
}

/** The value of an option, the last one where it is repeated; undefined where it is not set. */
export function textOf(object: PjsipObject, option: string): string | undefined {
  return optionOf(object, option)?.value;
}

export function optionOf(object: PjsipObject, option: string): PjsipOption | undefined {
  return object.options.get(option)?.at(-1);
}

/** The words of options that are lists: repeated, or with commas. */
export function listOf(object: PjsipObject, option: string): string[] {
  return (object.options.get(option) ?? []).flatMap(({ value }) => words(value));
}

export function words(value: string): string[] {
  return value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Asterisk's booleans (main/utils.c). */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(yes|true|y|t|1|on)$/i.test(value);
}

/** The objects of a pjsip.conf, or of a pjsip_wizard.conf. A section without a type is none. */
export function objectsOf({ sections }: Conf): PjsipObject[] {
  return sections.flatMap((section) => {
    if (section.template) return [];
    const options = new Map<string, PjsipOption[]>();
    for (const { name, value, place } of section.options) {
      const key = name.toLowerCase();
      const values = options.get(key);
      if (values === undefined) options.set(key, [{ value, place }]);
      else values.push({ value, place });
    }
    const type = options.get("type")?.at(-1)?.value.toLowerCase();
    if (type === undefined) return [];
    const object = { type, id: section.name, place: section.place, options };
    return type === "wizard" ? objectsOfWizard(object) : [object];
  });
}
