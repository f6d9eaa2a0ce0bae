import Bowser from 'bowser';
import { LRUCache } from 'lru-cache';

/** Longer headers are cut before any pattern sees them: real ones are shorter, and matching time grows with the length. */
const USER_AGENT_MAX = 512;
export const UNKNOWN_DEVICE = 'Unknown device';

const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));
/** The product a client names first (RFC 9110, section 10.1.5), such as `curl/8.5.0`; a browser's is always `Mozilla`. */
const PRODUCT = /^(?!Mozilla\/)([A-Za-z][A-Za-z0-9.-]{0,29})\/\d/;

/** People come back with the same few headers, and reading one takes some 25 us. */
const names = new LRUCache<string, string>({ max: 1_000 });

/**
 * What a session's device is called for people, such as `Chrome on macOS`, `curl`, or `Unknown device`.
 * A hint and no proof: clients send what they like. Made of known names and plain ASCII only, so nothing hostile shows through. Never throws.
 * @param userAgent the `User-Agent` header
 */
export function deviceName(userAgent: string | undefined): string {
  if (!userAgent) return UNKNOWN_DEVICE;
  const header = userAgent.slice(0, USER_AGENT_MAX);
  let name = names.get(header);
  if (name === undefined) {
    name = read(header);
    names.set(header, name);
  }
  return name;
}

function read(header: string): string {
  const parser = Bowser.getParser(header);
  const system = SYSTEMS.has(parser.getOSName()) ? parser.getOSName() : '';
  const browser = BROWSERS.has(parser.getBrowserName()) ? parser.getBrowserName().replace(/ for Android$/, '') : (PRODUCT.exec(header)?.[1] ?? '');
  if (browser && system) return `${browser} on ${system}`;
  return browser || system || UNKNOWN_DEVICE;
}
