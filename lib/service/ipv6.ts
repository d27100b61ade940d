/** The eight groups of an IPv6 address; a zone (`%eth0`) doesn't belong to it. */
export function ipv6Groups(address: string): number[] {
  const bare = (address.split("%", 1)[0] as string).replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_all, ...parts) => {
      const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    },
  );
  const [head, tail] = bare.split("::");
  const groups = (text: string | undefined) =>
    text ? text.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [first, last] = [groups(head), groups(tail)];
  const zeros: number[] = tail === undefined ? [] : Array(8 - first.length - last.length).fill(0);
  return [...first, ...zeros, ...last];
}
