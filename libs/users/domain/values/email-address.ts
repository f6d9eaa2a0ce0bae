import { domainToASCII, domainToUnicode } from 'node:url';
import { InvalidValue } from '@rolebook/kernel';
import { caseFold } from './case-fold';

export interface EmailAddress {
  /** As typed, after NFKC; an international domain in Unicode. To show and to write to. */
  readonly address: string;
  /** What makes two addresses the same: NFKC, case folded, domain in IDNA ASCII form. Compare and reserve by this only. */
  readonly normalised: string;
}

// atext of RFC 5322, section 3.2.3, widened to other scripts' letters and digits (RFC 6531, section 3.3).
const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\p{L}\p{N}-][A-Za-z0-9!#$%&'*+/=?^_`{|}~\p{L}\p{M}\p{N}-]*$/u;
// Checked before IDNA: the URL parser behind `domainToASCII` would also read ports, paths, percent escapes and numbers as IPv4.
const DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002-]+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;

const LOCAL_PART_OCTETS = 64;
const ADDRESS_OCTETS = 254;

/**
 * One plain mailbox address, `local-part@domain`. No display names, lists, quoted local parts, comments, IP literals,
 * single-label domains; limits of RFC 5321, section 4.5.3.1 (64 octets before the `@`, 254 in all).
 * Its characters leave no room for header injection.
 * @throws {InvalidValue} with a message that does not repeat the input
 */
export function parseEmailAddress(input: unknown, pointer = '#/email'): EmailAddress {
  const refuse = (message: string): never => { throw InvalidValue.at(pointer, message); };
  if (typeof input !== 'string') return refuse('must be a string');
  if (input.length > ADDRESS_OCTETS) return refuse(`must have at most ${ADDRESS_OCTETS} characters`);

  const text = input.normalize('NFKC');
  const [local, domain, ...more] = text.split('@');
  if (!local || !domain || more.length > 0) return refuse('must be one address of the form name@domain');
  if (IGNORABLE.test(text) || !local.split('.').every((atom) => ATOM.test(atom))) return refuse('must have plain letters, digits and single dots before the @');

  const ascii = DOMAIN.test(domain) ? domainToASCII(domain).toLowerCase() : '';
  if (!isHostName(ascii)) return refuse('must have a domain name after the @');

  const normalised = `${caseFold(local)}@${ascii}`;
  const octets = Math.max(Buffer.byteLength(local), Buffer.byteLength(caseFold(local)));
  if (octets > LOCAL_PART_OCTETS) return refuse(`must have at most ${LOCAL_PART_OCTETS} bytes before the @`);
  if (octets + 1 + ascii.length > ADDRESS_OCTETS) return refuse(`must have at most ${ADDRESS_OCTETS} bytes`);
  return { address: `${local}@${domain.toLowerCase() === ascii ? domain : domainToUnicode(ascii)}`, normalised };
}

/** Two labels or more (RFC 1123, section 2.1), the last not all digits: that is an IPv4 address. */
function isHostName(ascii: string): boolean {
  const labels = ascii.split('.');
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/\.\d+$/.test(ascii);
}
