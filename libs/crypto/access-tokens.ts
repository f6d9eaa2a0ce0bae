import { sign, verify } from 'node:crypto';
import { timestamp, type Clock } from '@rolebook/kernel';
import { LRUCache } from 'lru-cache';
import { headerOf, looksLikeOurHeader, payloadOf, readPayload, splitToken, type AccessTokenClaims, type AccessTokenSubject, type Expectations } from './access-token-format';
import type { MasterKey } from './master-key';
import type { KeyStore } from './port';
import { jwkThumbprint, SigningKeys, type SigningKey } from './signing-keys';

/** A token under an unknown key makes this node look for new keys, but not more often than this; in milliseconds. */
const LOOK_AGAIN_AFTER = 5_000;
/** After this long a node looks by itself, so that a key retired on another node ends here too; in milliseconds. */
const STALE_AFTER = 60_000;

export interface Jwk { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly kid: string; readonly alg: 'EdDSA'; readonly use: 'sig' }

/**
 * Access tokens: JWTs shaped after RFC 9068 and checked after RFC 8725. They say who and which session, nothing else:
 * no authority, no personal data. (`client_id` and `jti` of RFC 9068 are left out: there is one client, and tokens are ended by their session.)
 * A class only to be a token for injection: {@link createAccessTokens} makes one.
 */
export abstract class AccessTokens {
  /** @returns the token, and its lifetime in seconds */
  abstract sign(subject: AccessTokenSubject): { readonly token: string; readonly expiresIn: number };
  /** The claims, or `null` where the token is not ours, not yet or no longer valid. Takes any input. */
  abstract verify(token: string): Promise<AccessTokenClaims | null>;
  /**
   * The claims of a token that {@link verify} has accepted before and that is still valid; `undefined` says nothing about a token.
   * @param text ends with the token, as a header does; @param from where it begins
   */
  abstract verifyCached(text: string, from?: number): AccessTokenClaims | undefined;
  /** The keys that verify tokens (RFC 7517), newest first. */
  abstract jwks(): { readonly keys: readonly Jwk[] };
  /** Signs with a new key from now on; older ones go on verifying. @returns the new key's id */
  abstract rotate(): Promise<string>;
  /** Ends a key: no token of it is accepted any more. @throws {Error} where it is unknown, or the one that signs */
  abstract retire(keyId: string): Promise<void>;
  /** Reads the keys anew. Happens by itself within a minute, and at once for a token under an unknown key. */
  abstract reload(): Promise<void>;
}

export interface AccessTokenOptions {
  readonly store: KeyStore;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  /** `iss`, such as the service's public URL. */
  readonly issuer: string;
  /** `aud`. */
  readonly audience: string;
  /** Default: 300. */
  readonly lifetimeSeconds?: number;
  /** Verified tokens kept, some 700 bytes each; the least recently used go. Default: 20,000. */
  readonly cacheSize?: number;
}

/** Loads the signing keys, or makes the first at first start. @throws {MasterKeyError} where they are wrapped by another master key */
export async function createAccessTokens(options: AccessTokenOptions): Promise<AccessTokens> {
  const tokens = new SignedAccessTokens(options);
  await tokens.reload();
  return tokens;
}

interface VerifyingKey extends SigningKey { readonly keyId: string; readonly header: string }
interface Verified {
  /** What it was shown in last, and where in it the token begins: mostly it is shown again in the same, and texts are compared more quickly than parts of them. */
  text: string;
  from: number;
  readonly claims: AccessTokenClaims;
  readonly header: string;
}

/**
 * Verified tokens are found by their end, 12 characters of the signature, and then compared whole: hashing four hundred characters
 * for every request costs about as much as all else that letting in does. Two tokens that end alike take turns, and nothing else.
 * Of 13 characters and more V8 would make a view of the token and not a text of its own, and compare it four times more slowly.
 */
const FOUND_BY = 12;
const keyOf = (token: string) => token.slice(-FOUND_BY);

/** Whether the same token stands in a text. */
function isShown(verified: Verified, text: string, from: number): boolean {
  if (verified.from === from && verified.text === text) return true;
  if (verified.text.slice(verified.from) !== text.slice(from)) return false;
  verified.text = text;
  verified.from = from;
  return true;
}

class SignedAccessTokens extends AccessTokens {
  readonly #signingKeys: SigningKeys;
  readonly #expected: Expectations;
  readonly #lifetime: number;
  readonly #verified: LRUCache<string, Verified>;
  /** By the one header that tokens of a key have: a token with any other header is not ours. */
  #keys: ReadonlyMap<string, VerifyingKey> = new Map();
  #reloadedAt = -Infinity;
  #reloading: Promise<void> | null = null;
  #reads = 0;

  constructor(private readonly options: AccessTokenOptions) {
    super();
    this.#signingKeys = new SigningKeys(options.store, options.masterKey, 'access-token-key');
    this.#lifetime = options.lifetimeSeconds ?? 300;
    this.#expected = { issuer: options.issuer, audience: options.audience };
    this.#verified = new LRUCache({ max: options.cacheSize ?? 20_000 });
  }

  sign(subject: AccessTokenSubject) {
    const key = this.#newest();
    const input = `${key.header}.${payloadOf(subject, this.#expected, this.#seconds(), this.#lifetime)}`;
    const signature = sign(null, Buffer.from(input, 'ascii'), key.privateKey).toString('base64url');
    return { token: `${input}.${signature}`, expiresIn: this.#lifetime };
  }

  async verify(token: string): Promise<AccessTokenClaims | null> {
    const cached = this.verifyCached(token);
    if (cached) return cached;
    const parts = splitToken(token);
    if (!parts) return null;
    const key = this.#keys.get(parts.header) ?? (await this.#keyThatAppeared(parts.header));
    if (!key || !verify(null, Buffer.from(parts.input, 'ascii'), key.publicKey, parts.signature)) return null;
    const claims = readPayload(parts.payload, this.#expected, this.#seconds());
    if (!claims) return null;
    this.#verified.set(keyOf(token), { text: token, from: 0, claims, header: parts.header });
    if (this.options.clock.now() - this.#reloadedAt > STALE_AFTER) void this.reload().catch(() => undefined); // the store's health is seen elsewhere
    return claims;
  }

  verifyCached(text: string, from = 0): AccessTokenClaims | undefined {
    if (typeof text !== 'string') return undefined;
    const hit = this.#verified.get(keyOf(text));
    if (hit === undefined || !isShown(hit, text, from)) return undefined;
    if (this.#keys.has(hit.header) && this.#seconds() < hit.claims.expiresAt) return hit.claims;
    this.#verified.delete(keyOf(text));
    return undefined;
  }

  jwks() {
    const keys = [...this.#keys.values()].reverse();
    return { keys: keys.map(({ keyId, raw }): Jwk => ({ kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url'), kid: keyId, alg: 'EdDSA', use: 'sig' })) };
  }

  async rotate(): Promise<string> {
    await this.#signingKeys.add();
    await this.#read();
    return this.#newest().keyId;
  }

  async retire(keyId: string): Promise<void> {
    await this.#read();
    const key = [...this.#keys.values()].find((candidate) => candidate.keyId === keyId);
    if (!key) throw new Error(`there is no signing key ${keyId}`);
    if (key === this.#newest()) throw new Error(`key ${keyId} signs the tokens: rotate first`);
    await this.#signingKeys.retire(key.sequence, timestamp(this.options.clock.now()));
    await this.#read();
  }

  reload(): Promise<void> {
    this.#reloading ??= this.#read().finally(() => { this.#reloading = null; });
    return this.#reloading;
  }

  async #read(): Promise<void> {
    this.#reloadedAt = this.options.clock.now();
    const turn = ++this.#reads;
    const keys = await this.#signingKeys.load();
    if (turn !== this.#reads) return; // a later read knows more
    this.#keys = new Map(keys.map((key) => {
      const keyId = jwkThumbprint(key.raw).slice(0, 16);
      const header = headerOf(keyId);
      return [header, { ...key, keyId, header }];
    }));
  }

  async #keyThatAppeared(header: string): Promise<VerifyingKey | undefined> {
    if (!looksLikeOurHeader(header)) return undefined;
    if (!this.#reloading && this.options.clock.now() - this.#reloadedAt < LOOK_AGAIN_AFTER) return undefined;
    await this.reload();
    return this.#keys.get(header);
  }

  #newest(): VerifyingKey {
    const newest = [...this.#keys.values()].at(-1);
    if (!newest) throw new Error('there is no signing key');
    return newest;
  }

  #seconds(): number {
    return Math.floor(this.options.clock.now() / 1000);
  }
}
