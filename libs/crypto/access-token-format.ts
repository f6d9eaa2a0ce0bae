import { isUuid } from '@rolebook/kernel';
import { decodeBase64Url } from './secret-bytes';

/** `enrolment`: somebody who must set up two-factor first, and may do nothing else but sign out. */
export type AccessTokenKind = 'access' | 'enrolment';

export interface AccessTokenSubject {
  readonly userId: string;
  readonly businessId: string;
  readonly sessionId: string;
  readonly kind: AccessTokenKind;
}

/** Moments are seconds since the epoch, as in the token (RFC 7519, section 2: NumericDate). */
export interface AccessTokenClaims extends AccessTokenSubject {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Expectations {
  readonly issuer: string;
  readonly audience: string;
}

/** How far the clocks of two nodes may differ, in seconds. Grants no life past `exp`: a token's end is its end. */
const LEEWAY = 5;
const MAX_TOKEN_CHARACTERS = 2_048;
const SIGNATURE_BYTES = 64;

/** The one header that tokens of a key have. The type keeps other JWTs of the same keys out (RFC 8725, section 3.11). */
export function headerOf(keyId: string): string {
  return encode({ alg: 'EdDSA', typ: 'at+jwt', kid: keyId });
}

/**
 * Whether a header could be one of a key not known here. Exactly our three members: nothing that would bring its own key
 * or ask for more (`jwk`, `jku`, `x5u`, `x5c`, `crit`) is even looked up.
 */
export function looksLikeOurHeader(header: string): boolean {
  const parsed = decode(header);
  return typeof parsed?.kid === 'string' && /^[A-Za-z0-9_-]{16}$/.test(parsed.kid) && header === headerOf(parsed.kid);
}

/** The parts of a JWS in compact form (RFC 7515, section 7.1), or `null` where the text cannot be one of ours. */
export function splitToken(token: unknown) {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARACTERS) return null;
  const [header, payload, signature, more] = token.split('.', 4);
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined) return null;
  const bytes = decodeBase64Url(signature);
  return bytes?.length === SIGNATURE_BYTES ? { header, payload, input: `${header}.${payload}`, signature: bytes } : null;
}

export function payloadOf(subject: AccessTokenSubject, { issuer, audience }: Expectations, now: number, lifetime: number): string {
  return encode({
    iss: issuer, aud: audience, sub: subject.userId, biz: subject.businessId, sid: subject.sessionId, kind: subject.kind,
    iat: now, nbf: now, exp: now + lifetime,
  });
}

/** The claims of a payload whose signature was checked, or `null` where one is missing, malformed, or does not hold at `now` (seconds). */
export function readPayload(payload: string, { issuer, audience }: Expectations, now: number): AccessTokenClaims | null {
  const claims = decode(payload);
  if (!claims || claims.iss !== issuer || claims.aud !== audience) return null;
  const subject = readSubject(claims);
  const { iat, nbf, exp } = claims;
  if (!subject || !isMoment(iat) || !isMoment(nbf) || !isMoment(exp)) return null;
  if (now >= exp || iat > now + LEEWAY || nbf > now + LEEWAY) return null;
  // Field by field: V8 gives each object that begins with a spread and gets further fields a shape of its own, and then looks every field of every token up by name.
  const { userId, businessId, sessionId, kind } = subject;
  return Object.freeze({ userId, businessId, sessionId, kind, issuedAt: iat, expiresAt: exp });
}

function readSubject({ sub, biz, sid, kind }: Record<string, unknown>): AccessTokenSubject | null {
  if (!isId(sub) || !isId(biz) || !isId(sid) || (kind !== 'access' && kind !== 'enrolment')) return null;
  return { userId: sub, businessId: biz, sessionId: sid, kind };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

function decode(segment: string): Record<string, unknown> | null {
  const bytes = decodeBase64Url(segment);
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && isUuid(value);
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
