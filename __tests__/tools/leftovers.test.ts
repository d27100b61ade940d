import { containerIds } from "../../tools/leftovers";

describe("the containers that a state knows", () => {
  it("are those of its instances, deposed ones too", () => {
    const container = (...ids: string[]) => ({
      mode: "managed",
      type: "docker_container",
      instances: ids.map((id) => ({ attributes: { id, name: "x" } })),
    });
    const state = {
      version: 4,
      resources: [
        container("a"),
        { type: "docker_image", instances: [{ attributes: { id: "i" } }] },
        container("b", "c"),
        { type: "docker_container" },
      ],
    };
    expect([...containerIds(JSON.stringify(state))]).toStrictEqual(["a", "b", "c"]);
  });

  it("are none where there is no state", () => {
    expect(containerIds("\n").size).toBe(0);
  });
});
