import type { SocketOptions } from "node:dgram";

/** Sockets with the largest buffers that the system grants, and without a trip through the resolver per datagram. */
export const udpOptions: SocketOptions = {
  type: "udp4",
  recvBufferSize: 4_194_304,
  sendBufferSize: 4_194_304,
  lookup: ((
    host: string,
    _options: unknown,
    callback: (error: null, address: string, family: number) => void,
  ) => callback(null, host, 4)) as unknown as SocketOptions["lookup"],
};
