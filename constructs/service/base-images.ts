/**
 * The two Debian bases that every image is built on (docs/architecture.md, decision 9).
 *
 * `tools/base-images.ts` provides them under `reference`: pulled from `pull` where a container registry can be
 * reached, otherwise made with debootstrap from the mirror that this machine's apt already uses. The date is
 * part of the reference, so raising it rebuilds every image.
 */
export interface BaseImage {
  readonly suite: "trixie" | "sid";
  /** Name of the image that builds refer to, in the local engine. */
  readonly reference: string;
  /** Where the same base is published. */
  readonly pull: string;
}

const date = "20260803";

function base(suite: BaseImage["suite"]): BaseImage {
  return {
    suite,
    reference: `webrtc-genesys/base:${suite}-${date}`,
    pull: `debian:${suite}-${date}-slim`,
  };
}

export const baseImages = { trixie: base("trixie"), sid: base("sid") } as const;
