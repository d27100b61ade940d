import type Docker from "dockerode";
import { removeForReplacement } from "../../tools/replace";
import { environment, meant } from "./verify/drift/support";

/** An engine that has everything, and notes what is removed. */
function engine() {
  const removed: string[] = [];
  const thing = (name: string) => ({
    inspect: async () => ({ State: { Running: false, Paused: false }, Config: {} }),
    remove: async () => {
      removed.push(name);
    },
  });
  return { removed, docker: { getContainer: thing, getImage: thing } as unknown as Docker };
}

it("removes containers before the images that they use", async () => {
  const { removed, docker } = engine();
  await removeForReplacement(environment(), docker, ["nginx-image", "nginx-release", "nginx"]);
  expect(removed).toStrictEqual(["site-nginx-release", "site-nginx", meant("nginx").image]);
});

it("knows the release of the database", async () => {
  const { removed, docker } = engine();
  await removeForReplacement(environment(), docker, ["database-release"]);
  expect(removed).toStrictEqual(["site-database-release"]);
});

it("refuses what the environment has not, before it removes anything", async () => {
  const { removed, docker } = engine();
  await expect(removeForReplacement(environment(), docker, ["nginx", "ngnix"])).rejects.toThrow(
    /^--replace: site has no ngnix: choose of asterisk, asterisk-image, asterisk-release, database-release, /,
  );
  expect(removed).toStrictEqual([]);
});
