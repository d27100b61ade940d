import WebSocket from "ws";

export interface TlsOptions {
  /** PEM of the certificate to trust, beside those that Node.js trusts. */
  readonly ca?: string;
}

/**
 * Opens and closes a SIP WebSocket.
 *
 * @returns the upstream that nginx names in its answer, as address:port
 * @throws Error that says why it did not open within 5 seconds
 */
export function openWebSocket(url: string, tls: TlsOptions): Promise<{ upstream: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, "sip", { ca: tls.ca, handshakeTimeout: 5000 });
    let upstream = "";
    socket.on("upgrade", (response) => {
      upstream = String(response.headers["x-upstream"] ?? "a server that does not name its upstream");
    });
    socket.on("open", () => {
      socket.terminate();
      resolve({ upstream });
    });
    socket.on("unexpected-response", (_request, response) => {
      socket.terminate();
      reject(new Error(`${url} answers ${response.statusCode} ${response.statusMessage}`));
    });
    socket.on("error", (error) => reject(new Error(`${url}: ${error.message}`)));
  });
}
