import type { Blame } from "../../engine/engine";

/** Which attribute the engine's messages about a container mean; the first match counts. */
export const BLAME: Blame = [
  [/is already in use by container|Invalid container name/i, "name"],
  [/no such image/i, "image"],
  [
    /bind source path does not exist|invalid mount config|mount denied|mounts?:|invalid volume specification for mount/i,
    "mounts",
  ],
  [
    /invalid volume spec|volume (name|driver)|includes invalid characters for a local volume|duplicate mount point/i,
    "volumes",
  ],
  [
    /port is already allocated|address already in use|failed to bind port|invalid port|exposed port|published? port/i,
    "ports",
  ],
  [
    /network-scoped alias|user specified IP|networks? .*not found|could not find a network|network mode|endpoint/i,
    "networks_advanced",
    "network_mode",
  ],
  [
    /unable to find user|no matching entries in passwd|no matching entries in group|unable to find group/i,
    "user",
  ],
  [
    /executable file not found|exec: |no such file or directory: unknown|permission denied: unknown/i,
    "entrypoint",
    "command",
  ],
  [/no command specified/i, "command"],
  [/capabilit/i, "capabilities"],
  [/sysctl/i, "sysctls"],
  [/ulimit|rlimit/i, "ulimit"],
  [/swap/i, "memory_swap"],
  [/memory/i, "memory"],
  [/cpuset/i, "cpu_set"],
  [/cpu/i, "cpu_shares"],
  [/seccomp|apparmor|selinux|security-?opt/i, "security_opts"],
  [/log[- ]opt/i, "log_opts"],
  [/log driver|logger|logging (driver|plugin)/i, "log_driver"],
  [/rootfs is marked read-only|could not find the file|no space left on device/i, "upload"],
  [/device/i, "devices"],
  [/runtime/i, "runtime"],
  [/restart ?policy|maximum retry count/i, "restart"],
  [/host-?name/i, "hostname"],
  [/working directory|cwd/i, "working_dir"],
  [/invalid environment/i, "env"],
  [/health/i, "healthcheck"],
];
