import { get } from "node:http";

export interface Health {
  readonly healthy: boolean;
  /** One line. */
  readonly reason: string;
}

const maxBody = 2_000;

/** Asks a service's own /healthz; 200 is healthy, anything else is not, with what the service said about it. */
export function askHealth(url: string, milliseconds = 2_000): Promise<Health> {
  return new Promise((resolve) => {
    const unhealthy = (why: string) => resolve({ healthy: false, reason: `${url}: ${why}` });
    const request = get(url, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body = (body + text).slice(0, maxBody);
      });
      response.on("end", () => {
        clearTimeout(deadline);
        const said = body.replace(/\s+/g, " ").trim();
        if (response.statusCode === 200) resolve({ healthy: true, reason: said });
        else unhealthy(`${response.statusCode} ${said}`);
      });
    });
    // The deadline covers connecting, the answer, and a body that never ends.
    const deadline = setTimeout(() => {
      unhealthy(`no answer within ${milliseconds} ms`);
      request.destroy();
    }, milliseconds);
    request.on("error", (error) => {
      clearTimeout(deadline);
      unhealthy(error.message);
    });
  });
}
