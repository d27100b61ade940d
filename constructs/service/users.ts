/**
 * The uid of each service, the same in its image's Dockerfile. One per service, so that limits that the kernel
 * counts by uid are its own, and so that no service can touch another's volume.
 */
export const users = {
  nginx: 10001,
  asterisk: 10002,
  postgres: 10003,
  "sip-proxy": 10004,
  "registration-monitor": 10005,
  "genesys-simulator": 10006,
  "call-control": 10007,
} as const;

export type Service = keyof typeof users;
