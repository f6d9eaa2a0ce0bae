import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network an address belongs to, as far as attempts are counted: of IPv4 the address itself, of IPv6 its /64, since whoever has one
 * address there has them all (RFC 7934; RFC 4291, section 2.5.4). An IPv4 address in IPv6 form is the IPv4 address.
 * @returns such as `203.0.113.7` or `2001:db8:0:1::/64`; `unknown` for anything else
 */
export function networkOf(ip: string | null): string {
  if (ip === null) return 'unknown';
  const address = ip.split('%', 1)[0] ?? '';
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'unknown';
  const groups = groupsOf(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.');
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, written out. */
function groupsOf(address: string): number[] {
  const inHex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a: string, b: string, c: string, d: string) => `${hex(Number(a) * 256 + Number(b))}:${hex(Number(c) * 256 + Number(d))}`);
  const [head = '', tail] = inHex.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...new Array<string>(missing).fill('0'), ...after].map((group) => Number.parseInt(group, 16));
}

const hex = (value: number) => value.toString(16);
