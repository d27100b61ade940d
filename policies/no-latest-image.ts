import type { Policy } from "./policy";

/** What runs has to be what was reviewed: `latest`, or no tag, is another image every day. */
export const noLatestImage: Policy = {
  name: "no latest image",
  severity: "high",
  check({ images }) {
    const names = Object.values(images)
      .filter(({ reference }) => !isFixed(reference))
      .map(({ name }) => name);
    return names.length > 0 ? [`${names.join(", ")}: another image every day, so name a release`] : [];
  },
};

/** By a digest, or by a tag that is not `latest`; a colon before a slash belongs to the registry's port. */
function isFixed(reference: string): boolean {
  if (reference.includes("@")) return true;
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag !== undefined && tag !== "latest";
}
