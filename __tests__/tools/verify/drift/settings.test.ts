import { type Deviation, deviations } from "../../../../tools/verify/drift/settings";
import { type Inspected, image, inspected, meant } from "./support";

/** What is told of nginx' container after a change by hand. */
function after(change: (container: Inspected) => void): Deviation[] {
  const nginx = meant("nginx");
  const container = inspected(nginx);
  change(container);
  return deviations(nginx.attributes, container, image);
}

const texts = (change: (container: Inspected) => void) => after(change).map(({ text }) => text);

describe("the settings of a container", () => {
  it.each([
    "nginx",
    "asterisk",
    "postgres",
    "sip-proxy",
    "registration-monitor",
    "genesys-simulator",
    "nginx-certificate",
  ])("are as meant when the engine has only filled in its defaults: %s", (name) => {
    const service = meant(name);
    expect(deviations(service.attributes, inspected(service), image)).toStrictEqual([]);
  });

  it("are the same however the engine writes them", () => {
    const same = texts(({ HostConfig, Config }) => {
      HostConfig.CapDrop = ["CAP_ALL"];
      HostConfig.SecurityOpt = ["no-new-privileges"];
      HostConfig.Ulimits = [...(HostConfig.Ulimits as object[])].reverse();
      HostConfig.Init = null as never;
      HostConfig.MemorySwap = -1;
      Config.WorkingDir = "/";
      Config.Labels = { ...(Config.Labels as object), "com.example.other": "1" };
    });
    expect(same).toStrictEqual([]);
  });

  it("that were added, changed or left out are named, and no value of a variable", () => {
    const found = texts(({ HostConfig, Config, Mounts }) => {
      Config.Env = ["STATUS_ADDRESS=0.0.0.0:1", "PATH=/usr/bin", "SECRET=hunter2"];
      Config.User = "0";
      HostConfig.NetworkMode = "bridge";
      HostConfig.Privileged = true;
      HostConfig.CapAdd = ["CAP_NET_ADMIN"];
      HostConfig.ReadonlyRootfs = false;
      Mounts[0] = { ...Mounts[0], RW: true } as (typeof Mounts)[number];
      Mounts.push({
        Type: "bind",
        Source: "/root",
        Destination: "/root",
        RW: false,
      } as (typeof Mounts)[number]);
    });
    expect(found).toStrictEqual([
      "--cap-add is not meant",
      "env SECRET is not meant",
      "env STATUS_ADDRESS has another value",
      "mount /config is site-nginx-config, and site-nginx-config read-only is meant",
      "mount /root is not meant",
      "--network is bridge, and host is meant",
      "--privileged is not meant",
      "--read-only is missing",
      "--user is 0, and 10001 is meant",
    ]);
  });

  it("of the image count where nothing else is meant", () => {
    expect(
      texts(({ Config }) => {
        Config.Entrypoint = ["sleep"];
        Config.Cmd = ["1000"];
      }),
    ).toStrictEqual([
      "--command is not meant",
      "--entrypoint is sleep, and /usr/local/bin/entrypoint is meant",
    ]);
  });

  it("that Terraform changes in place are left to the next deploy", () => {
    expect(
      after(({ HostConfig }) => {
        HostConfig.Memory = 1024;
        HostConfig.RestartPolicy = { Name: "no", MaximumRetryCount: 0 };
      }).map(({ inPlace }) => inPlace),
    ).toStrictEqual([true, true]);
    // What is meant to have no limit can only be made anew.
    expect(
      after(({ HostConfig }) => {
        HostConfig.CpuShares = 2;
      }),
    ).toStrictEqual([{ text: "--cpu-shares is not meant", inPlace: false }]);
  });
});
