import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { secretName, type MasterKey } from './master-key';
import type { KeyStore } from './port';
import { decodeBase64Url } from './secret-bytes';
import { Xaes256Gcm } from './xaes';

const ROOT = 'installation-root';

/**
 * What the installation can prove and hide without a word being stored: everything is derived (HKDF-SHA-256, RFC 5869) from one
 * root secret, made at first start and kept wrapped in the key store. Changing the master key changes none of it.
 * Every purpose has keys of its own: nothing made for one holds for another. Purposes are constants of the code, never input.
 * A class only to be a token for injection: {@link openInstallationSecrets} makes one.
 */
export abstract class InstallationSecrets {
  /**
   * Stands for an address in stream names, so that the log shows no address and nobody without the key can try addresses out.
   * Differs from business to business. @param normalisedEmail the address in its one canonical form @returns 64 hex digits
   */
  abstract emailHash(businessId: string, normalisedEmail: string): string;
  /** HMAC-SHA-256 over the parts; where one ends and the next begins is bound too. @returns 43 characters of base64url */
  abstract mac(purpose: string, ...parts: readonly MacPart[]): string;
  /** As {@link mac}, as 32 bytes. */
  abstract macBytes(purpose: string, ...parts: readonly MacPart[]): Buffer;
  /** Whether `mac` is the one of these parts, in constant time. Takes any input. */
  abstract verifyMac(purpose: string, mac: string, ...parts: readonly MacPart[]): boolean;
  /**
   * Hides a text and proves its origin, for cursors and stored answers.
   * @param context bound to it, such as the business or the key of a record; not hidden in it
   * @returns base64url without padding, 54 characters more than 4/3 of the text's bytes
   */
  abstract sealText(purpose: string, text: string, context?: string): string;
  /** The text, or `null` where it was not sealed here for this purpose and context. Takes any input. */
  abstract openText(purpose: string, sealed: string, context?: string): string | null;
}

export type MacPart = string | Uint8Array;

/**
 * Loads the installation's root secret, or makes it at first start.
 * @throws {MasterKeyError} where it is wrapped by another master key
 */
export async function openInstallationSecrets(options: { readonly store: KeyStore; readonly masterKey: MasterKey }): Promise<InstallationSecrets> {
  const { store, masterKey } = options;
  const name = secretName(ROOT);
  const wrapped = (await store.getSecret(ROOT)) ?? (await store.putSecretIfAbsent(ROOT, masterKey.wrap(name, randomBytes(32))));
  return new DerivedSecrets(masterKey.unwrap(name, wrapped));
}

class DerivedSecrets extends InstallationSecrets {
  readonly #macKeys = new Map<string, Buffer>();
  readonly #sealers = new Map<string, Xaes256Gcm>();

  constructor(private readonly root: Uint8Array) {
    super();
  }

  emailHash(businessId: string, normalisedEmail: string): string {
    return this.macBytes('email-stream', businessId, normalisedEmail).toString('hex');
  }

  mac(purpose: string, ...parts: readonly MacPart[]): string {
    return this.macBytes(purpose, ...parts).toString('base64url');
  }

  macBytes(purpose: string, ...parts: readonly MacPart[]): Buffer {
    const hmac = createHmac('sha256', made(this.#macKeys, purpose, () => this.#derive(`mac/${purpose}`)));
    const length = Buffer.alloc(4);
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
      length.writeUInt32BE(bytes.length);
      hmac.update(length).update(bytes);
    }
    return hmac.digest();
  }

  verifyMac(purpose: string, mac: string, ...parts: readonly MacPart[]): boolean {
    const expected = this.macBytes(purpose, ...parts);
    const given = typeof mac === 'string' && mac.length === 43 ? decodeBase64Url(mac) : null;
    return given !== null && given.length === expected.length && timingSafeEqual(given, expected);
  }

  sealText(purpose: string, text: string, context = ''): string {
    return this.#sealer(purpose).seal(Buffer.from(context, 'utf8'), text).toString('base64url');
  }

  openText(purpose: string, sealed: string, context = ''): string | null {
    const bytes = typeof sealed === 'string' ? decodeBase64Url(sealed) : null;
    return bytes && this.#sealer(purpose).open(Buffer.from(context, 'utf8'), bytes);
  }

  #sealer(purpose: string): Xaes256Gcm {
    return made(this.#sealers, purpose, () => new Xaes256Gcm(this.#derive(`seal/${purpose}`)));
  }

  #derive(info: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.root, '', `rolebook/installation/1/${info}`, 32));
  }
}

function made<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
