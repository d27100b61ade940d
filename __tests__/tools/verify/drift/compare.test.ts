import { changedPaths, readListing, releaseIn } from "../../../../tools/verify/drift/actual";
import { compare } from "../../../../tools/verify/drift/compare";
import { asMeant, type Inspected, meant, STARTED } from "./support";

const asterisk = () => meant("asterisk");
const hash = () => asterisk().release?.hash ?? "";

/** Asterisk as meant, with something else. */
function found(change: Partial<ReturnType<typeof asMeant>> = {}) {
  return compare(asterisk(), { ...asMeant(asterisk()), ...change });
}

const files = (change: Partial<NonNullable<ReturnType<typeof asMeant>["files"]>>) => ({
  files: { ...(asMeant(asterisk()).files as NonNullable<ReturnType<typeof asMeant>["files"]>), ...change },
});

const container = (change: (container: Inspected) => void) => {
  const made = asMeant(asterisk()).container;
  change(made);
  return { container: made };
};

describe("a service", () => {
  it("that runs as meant has no drift", () => {
    expect(found()).toStrictEqual([]);
  });

  it("without a container is left to the next deploy", () => {
    expect(found({ container: undefined })).toMatchObject([{ text: "there is no container", replace: [] }]);
  });

  it("that has ended is left to the next deploy, and nothing more is said of it", () => {
    const ended = container(({ State }) => Object.assign(State, { Running: false, Status: "exited" }));
    expect(found({ ...ended, files: undefined, loaded: undefined })).toMatchObject([
      { text: "is exited, and does not run", replace: [] },
    ]);
  });

  it("that is paused says how to go on", () => {
    expect(found(container(({ State }) => Object.assign(State, { Paused: true })))).toMatchObject([
      { text: "is paused: docker unpause site-asterisk", replace: undefined },
    ]);
  });

  it("that can't be asked says why", () => {
    expect(found({ files: undefined, loaded: undefined, unseen: "no answer" })).toMatchObject([
      { text: "can't be looked into: no answer", replace: undefined },
    ]);
  });
});

describe("the image", () => {
  const other = container(({ Config }) => Object.assign(Config, { Image: "webrtc-genesys/asterisk:old" }));

  it("of an older checkout, with its release, is left to the next deploy", () => {
    const release = { hash: hash(), image: "webrtc-genesys/asterisk:old", imageId: "sha256:22" };
    expect(found({ ...other, release })).toMatchObject([
      {
        text: expect.stringMatching(/^runs image webrtc-genesys\/asterisk:old, and .* means webrtc/),
        replace: [],
      },
    ]);
  });

  it("of a container that was made by hand means that one to be made anew", () => {
    expect(found(other)).toMatchObject([{ replace: ["asterisk"] }]);
  });

  it("whose name was given to another one has to be made anew, with what was made of it", () => {
    const image = { ...asMeant(asterisk()).image, Id: "sha256:2222222222222222" } as never;
    expect(found({ image })).toMatchObject([
      {
        text: expect.stringMatching(
          /stands for 222222222222 here, and the container was made of 111111111111$/,
        ),
        replace: ["asterisk-image", "asterisk", "asterisk-release"],
      },
    ]);
  });

  it("of a container that was made anew by hand after that is told by its release", () => {
    const release = { hash: hash(), image: asterisk().image, imageId: "sha256:2222222222222222" };
    expect(found({ release })).toMatchObject([
      { replace: ["asterisk-image", "asterisk", "asterisk-release"] },
    ]);
  });

  it("whose files were changed in the container means that to be made anew", () => {
    expect(found({ changed: ["/etc/passwd"] })).toMatchObject([
      { text: "files of its image were changed: /etc/passwd", replace: ["asterisk"] },
    ]);
  });
});

describe("a setting", () => {
  it("means the container to be made anew", () => {
    const changed = container(({ HostConfig }) => Object.assign(HostConfig, { Privileged: true, Memory: 1 }));
    expect(found(changed)).toMatchObject([
      { text: "--memory is 1, and 2147483648 is meant, --privileged is not meant", replace: ["asterisk"] },
    ]);
  });

  it("that Terraform sees is left to the next deploy", () => {
    const changed = container(({ HostConfig }) => Object.assign(HostConfig, { Memory: 1 }));
    expect(found(changed)).toMatchObject([{ text: "--memory is 1, and 2147483648 is meant", replace: [] }]);
  });
});

describe("the release", () => {
  const older = { release: "0123456789ab" };

  it("of an older checkout is left to the next deploy, with its files", () => {
    const release = {
      hash: older.release,
      image: asterisk().image,
      imageId: asMeant(asterisk()).container.Image,
    };
    const change = { ...files({ ...older, listed: [] }), release, loaded: older.release };
    expect(found(change)).toStrictEqual([
      {
        service: "asterisk",
        text: `release 0123456789ab is in force, and this checkout means ${hash()}`,
        replace: [],
      },
    ]);
  });

  it("that was put in force by hand is brought again", () => {
    expect(found({ ...files(older), loaded: older.release })).toMatchObject([
      { replace: ["asterisk-release"] },
    ]);
  });

  it("of the other mode is told as such", () => {
    const actual = { ...asMeant(asterisk()), ...files(older), loaded: older.release };
    expect(compare(asterisk(), actual, { mode: "proxy", hash: older.release })).toMatchObject([
      { otherMode: "proxy" },
    ]);
    expect(compare(asterisk(), actual, { mode: "proxy", hash: "ffffffffffff" })[0]).not.toHaveProperty(
      "otherMode",
    );
  });

  it("that is not loaded is brought again", () => {
    expect(found({ loaded: "0123456789ab" })).toMatchObject([
      { text: `has release 0123456789ab loaded, and ${hash()} is in force`, replace: ["asterisk-release"] },
    ]);
    expect(found({ loaded: undefined })).toMatchObject([{ replace: ["asterisk-release"] }]);
  });

  it("of the database is that of the container that brought it", () => {
    const postgres = meant("postgres");
    const actual = { ...asMeant(postgres), files: undefined, loaded: undefined };
    expect(compare(postgres, actual)).toStrictEqual([]);
    const release = { hash: "0123456789ab", image: "webrtc-genesys/database:1", imageId: "sha256:3" };
    expect(compare(postgres, { ...actual, release })).toMatchObject([
      { text: expect.stringContaining("release 0123456789ab is in force"), replace: [] },
    ]);
  });
});

describe("a file", () => {
  it("that was edited, removed or added is named, and brought again", () => {
    const { listed } = asMeant(asterisk()).files as { listed: readonly string[] };
    const edited = files({
      listed: [...listed, "gone.conf"],
      differing: ["pjsip.conf", "gone.conf"],
      found: new Map([
        [".release", 1],
        ["pjsip.conf", 2],
        ["modules.conf", 1],
        ["pjsip.conf~", 2],
      ]),
    });
    expect(found(edited).map(({ text }) => text)).toStrictEqual([
      `/config/current/pjsip.conf is not what release ${hash()} wrote`,
      `/config/current/gone.conf of release ${hash()} is gone`,
      `/config/current/pjsip.conf~ was not written by release ${hash()}`,
    ]);
    expect(found(edited).flatMap(({ replace }) => replace)).toStrictEqual(Array(3).fill("asterisk-release"));
  });

  it("that Asterisk reads at its start means a new process, when this one has read it", () => {
    const started = Date.parse(STARTED) / 1000;
    const edited = (when: number) =>
      files({ differing: ["modules.conf"], found: new Map([["modules.conf", when]]) });
    expect(found(edited(started + 1))).toMatchObject([{ replace: ["asterisk-release"] }]);
    expect(found(edited(started - 1))).toMatchObject([{ replace: ["asterisk-release", "asterisk"] }]);
  });

  it("can't be compared without the release's list", () => {
    expect(found(files({ listed: [] }))).toMatchObject([
      { text: `the list of what release ${hash()} wrote is gone`, replace: ["asterisk-release"] },
    ]);
  });
});

describe("what is read in a container", () => {
  it("is the list of its files and what became of them", () => {
    const output = [
      "release 0123456789ab",
      "listed ./a.conf",
      "listed ./sub/b c.conf",
      "differing ./a.conf: FAILED",
      "differing ./sub/b c.conf: FAILED open or read",
      "found 1767323045.5 ./a.conf",
      "found 2.0 ./extra",
      "",
    ].join("\n");
    expect(readListing(output)).toStrictEqual({
      release: "0123456789ab",
      listed: ["a.conf", "sub/b c.conf"],
      differing: ["a.conf", "sub/b c.conf"],
      found: new Map([
        ["a.conf", 1767323045.5],
        ["extra", 2],
      ]),
    });
  });

  it.each([
    ["nginx", "0123456789ab\n"],
    ["Asterisk", "   RELEASE=0123456789ab\n   OTHER=1\n"],
    ["one of ours", '{"status":"ok","release":"0123456789ab"}\n'],
    ["the simulator", '{ "status": "ok", "release": "0123456789ab", "calls": 0 }\n'],
  ])("is the release that %s has loaded", (_, said) => {
    expect(releaseIn(said)).toBe("0123456789ab");
  });

  it("is nothing where nothing is said", () => {
    expect(releaseIn("RELEASE=\n")).toBeUndefined();
  });

  it("leaves out where something is mounted, and folders of what has changed", () => {
    const made = asMeant(asterisk()).container;
    const change = (Path: string) => ({ Path, Kind: 0 });
    const paths = ["/run", "/run/control", "/config", "/tmp", "/etc", "/etc/hosts.new"].map(change);
    expect(changedPaths(paths, made)).toStrictEqual(["/etc/hosts.new"]);
  });
});

it("a service that has no release is looked at without one", () => {
  const service = meant("nginx-certificate");
  expect(compare(service, asMeant(service))).toStrictEqual([]);
  const container = { ...asMeant(service).container, Image: "sha256:0123456789abcdef" } as Inspected;
  expect(compare(service, { ...asMeant(service), container })[0]?.replace).toStrictEqual([
    "nginx-certificate-image",
    "nginx-certificate",
  ]);
});

it("secrets are meant where Terraform's own expression leads: below the project for a relative directory", () => {
  const mounts = meant("nginx-certificate").attributes.mounts as { source: string }[];
  expect(mounts.map(({ source }) => source)).toStrictEqual([expect.stringMatching(/^\/[^$]*\/tls$/)]);
});
