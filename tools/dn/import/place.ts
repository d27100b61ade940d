/** Where something stands in a file that is imported; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export function placeText({ file, line }: Place): string {
  return `${file}:${line}`;
}

/** Something in a file that could not be read as it is meant. */
export interface ReadFault {
  readonly place: Place;
  /** What it is, and what to do about it. Without values: they may be passwords. */
  readonly message: string;
}
