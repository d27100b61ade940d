import type { Deployment, Image } from "../model/deployment";
import type { ImageChange } from "./change";

/** What changes about the images, and what in them is the reason. */
export function imageChanges(base: Deployment, head: Deployment): ImageChange[] {
  const names = [...new Set([...Object.keys(base.images), ...Object.keys(head.images)])].sort();
  return names
    .map((name) => ({ name, before: base.images[name], after: head.images[name] }))
    .filter(({ before, after }) => before?.reference !== after?.reference)
    .map((change) => ({ ...change, parts: partsThatDiffer(change.before, change.after) }));
}

function partsThatDiffer(before: Image | undefined, after: Image | undefined): string[] {
  if (!before?.context || !after?.context) return [];
  const parts = before.base === after.base ? [] : [`its base ${after.base}`];
  const [old, now] = [before.context, after.context];
  for (const file of [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()) {
    if (old[file] === now[file]) continue;
    const bundled = file === "server.js" ? bundledParts(old[file] ?? "", now[file] ?? "") : [];
    parts.push(...(bundled.length > 0 ? bundled : [file]));
  }
  // The same files under another tag: how it is built has changed.
  return parts.length > 0 ? parts : ["how it is built"];
}

/** The source files whose part of an esbuild bundle differs: a comment names each before its code. */
function bundledParts(before: string, after: string): string[] {
  const [old, now] = [sources(before), sources(after)];
  const files = [...new Set([...old.keys(), ...now.keys()])].filter(
    (file) => old.get(file) !== now.get(file),
  );
  const packages = files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(files.map((file, at) => (packages[at] ? `npm package ${packages[at]}` : file)))].sort();
}

function sources(bundle: string): Map<string, string> {
  const parts = bundle.split(/^\s*\/\/ ((?:assets|lib|node_modules)\/\S+)$/m);
  const found = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) {
    const [file = "", code = ""] = [parts[at], parts[at + 1]];
    found.set(file, (found.get(file) ?? "") + code);
  }
  return found;
}
