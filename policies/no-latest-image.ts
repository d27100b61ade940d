import type { Policy } from "./policy";

/** What runs has to be what was reviewed: `latest`, or no tag, is another image every day. */
export const noLatestImage: Policy = {
  name: "no latest image",
  severity: "high",
  check: ({ images }) =>
    Object.values(images)
      .filter(({ reference }) => /^(?!.*@)(.*:latest|[^:]*|.*:\d+\/[^:]*)$/.test(reference))
      .map(({ reference }) => `${reference} means another image every day: name a release`),
};
