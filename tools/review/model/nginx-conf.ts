/** One `listen` of nginx.conf, and what its server does. */
export interface NginxServer {
  readonly address: string;
  readonly port: string;
  readonly tls: boolean;
  /** Serves nothing of its own, passes nothing on, and redirects every other path. */
  readonly redirects: boolean;
}

/** The servers of nginx.conf that listen on a TCP port. */
export function nginxServers(conf: string): NginxServer[] {
  return blocksNamed(withoutComments(conf), "server").flatMap((body) => {
    const redirects = /\breturn\s+30[18]\s/.test(body) && !/\b(proxy_pass|root|alias)\b/.test(body);
    return [...body.matchAll(/\blisten\s+([^;]+);/g)].flatMap(([, words = ""]) => {
      const [place = "", ...options] = words.trim().split(/\s+/);
      const [, address = "0.0.0.0", port = "80"] =
        /^(?:(\[[^\]]*\]|[^:]*?):)?(\d+)$/.exec(place) ?? /^(.*)()$/.exec(place) ?? [];
      if (place.startsWith("unix:")) return [];
      const bare = address === "*" || address === "" ? "0.0.0.0" : address.replace(/^\[|\]$/g, "");
      return [{ address: bare, port: port || "80", tls: options.includes("ssl"), redirects }];
    });
  });
}

/** Where `location = /ws` goes, as host and port. */
export function webSocketUpstream(conf: string): string | undefined {
  const text = withoutComments(conf);
  const target = /location\s*=\s*\/ws\s*\{[^}]*\bproxy_pass\s+https?:\/\/([^/;\s]+)/.exec(text)?.[1];
  if (target === undefined) return undefined;
  const upstream = new RegExp(`\\bupstream\\s+${escapeRegExp(target)}\\s*\\{([^}]*)\\}`).exec(text)?.[1];
  return upstream === undefined ? target : /\bserver\s+([^;\s]+)/.exec(upstream)?.[1];
}

/** Paths of locations that pass requests on, without those below another one. */
export function webPaths(conf: string): string[] {
  const found = withoutComments(conf).matchAll(
    /\blocation\s+(?:=\s+|\^~\s+)?(\/\S*)\s*\{[^{}]*\bproxy_pass\s/g,
  );
  const paths = [...new Set([...found].map(([, path = ""]) => path))].sort();
  return paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(other)));
}

function withoutComments(conf: string): string {
  return conf.replace(/(^|\s)#.*$/gm, "$1");
}

/** What stands between the braces of each block `name { … }`. */
function blocksNamed(text: string, name: string): string[] {
  const bodies: string[] = [];
  for (const match of text.matchAll(new RegExp(`(?:^|[\\s;{}])${name}\\s*\\{`, "g"))) {
    const start = match.index + match[0].length;
    let depth = 1;
    let end = start;
    while (end < text.length && depth > 0) {
      if (text[end] === "{") depth++;
      else if (text[end] === "}") depth--;
      end++;
    }
    bodies.push(text.slice(start, end - 1));
  }
  return bodies;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
