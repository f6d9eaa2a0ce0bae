import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { secretName, type MasterKey } from './master-key';
import type { KeyStore } from './port';

/** An Ed25519 key (RFC 8032). */
export interface SigningKey {
  /** Place in the row of keys of its use, from 1; the last one signs. */
  readonly sequence: number;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The 32 bytes of the public key. */
  readonly raw: Buffer;
}

type StoredKey = { readonly pkcs8: string } | { readonly retiredAt: string };

/**
 * The signing keys of one use, kept wrapped in the key store as a row that only grows: `<use>-1`, `<use>-2`, ...
 * Nodes that make the next one at the same moment get the same one. A retired key leaves its place, without the key.
 */
export class SigningKeys {
  constructor(private readonly store: KeyStore, private readonly masterKey: MasterKey, private readonly use: string) {}

  /** Those not retired, oldest first; makes the first one where there is none. */
  async load(): Promise<readonly SigningKey[]> {
    const sequences = await this.#sequences();
    if (sequences.length === 0) return [await this.#make(1)].flatMap((key) => key ?? []);
    const keys = await Promise.all(sequences.map((sequence) => this.#read(sequence)));
    return keys.flatMap((key) => key ?? []);
  }

  /** Adds the key that signs from now on. */
  async add(): Promise<void> {
    const last = (await this.#sequences()).at(-1) ?? 0;
    await this.#make(last + 1);
  }

  /** Destroys a key. @param at RFC 3339 */
  async retire(sequence: number, at: string): Promise<void> {
    await this.store.putSecret(this.#name(sequence), this.#wrap(sequence, { retiredAt: at }));
  }

  async #sequences(): Promise<readonly number[]> {
    const prefix = `${this.use}-`;
    return (await this.store.secretNames())
      .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,8}$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b);
  }

  async #read(sequence: number): Promise<SigningKey | null> {
    const wrapped = await this.store.getSecret(this.#name(sequence));
    return wrapped && this.#unwrap(sequence, wrapped);
  }

  async #make(sequence: number): Promise<SigningKey | null> {
    const pkcs8 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    return this.#unwrap(sequence, await this.store.putSecretIfAbsent(this.#name(sequence), this.#wrap(sequence, { pkcs8 })));
  }

  #wrap(sequence: number, key: StoredKey): Uint8Array {
    return this.masterKey.wrap(secretName(this.#name(sequence)), Buffer.from(JSON.stringify(key), 'utf8'));
  }

  #unwrap(sequence: number, wrapped: Uint8Array): SigningKey | null {
    const stored = JSON.parse(this.masterKey.unwrap(secretName(this.#name(sequence)), wrapped).toString('utf8')) as StoredKey;
    if ('retiredAt' in stored) return null;
    const privateKey = createPrivateKey({ key: Buffer.from(stored.pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey);
    return { sequence, privateKey, publicKey, raw: rawPublicKey(publicKey) };
  }

  #name(sequence: number): string {
    return `${this.use}-${sequence}`;
  }
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** The thumbprint of an Ed25519 key as a JWK (RFC 7638; RFC 8037, appendix A.3), in base64url. */
export function jwkThumbprint(raw: Buffer): string {
  return createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x: raw.toString('base64url') })).digest('base64url');
}
