import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay that a test can break in the ways in which networks and processes do. */
export class TcpProxy {
  private readonly server: Server;
  private readonly clients = new Set<Socket>();
  private readonly peers = new Set<Socket>();
  private isSilent = false;

  private constructor(
    private readonly host: string,
    private readonly port: number,
  ) {
    this.server = createServer((client) => this.relay(client));
  }

  public static async start(host: string, port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port);
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection, and refuses new ones until `accept`. */
  public async refuse(): Promise<void> {
    const { port } = this.server.address() as AddressInfo;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
    this.accept = () => new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", resolve));
  }

  public accept: () => Promise<void> = async () => {};

  /** Breaks every connection. */
  public cut(): void {
    for (const socket of [...this.clients, ...this.peers]) socket.destroy();
  }

  /** Reads nothing more from the connections that stand, as a process that is busy. */
  public stall(): void {
    for (const peer of this.peers) peer.pause();
  }

  /** Passes on what is asked from now on, and breaks the connection when the answer comes. */
  public loseAnswers(isLosing: boolean): void {
    this.isSilent = isLosing;
  }

  public async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
  }

  private relay(client: Socket): void {
    const peer = connect(this.port, this.host);
    this.clients.add(client);
    this.peers.add(peer);
    client.on("data", (chunk) => peer.write(chunk));
    peer.on("data", (chunk) => (this.isSilent && isAnswer(chunk) ? client.destroy() : client.write(chunk)));
    for (const [socket, other, all] of [
      [client, peer, this.clients],
      [peer, client, this.peers],
    ] as const) {
      socket.on("error", () => {});
      socket.on("close", () => {
        all.delete(socket);
        other.destroy();
      });
    }
  }
}

function isAnswer(chunk: Buffer): boolean {
  return chunk.subarray(0, 5).toString() === "HTTP/";
}
