import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { MasterKey } from './master-key';
import type { KeyStore } from './port';
import { rawPublicKey, SigningKeys } from './signing-keys';

/**
 * Signs the audit log's checkpoints with a key of its own (Ed25519, RFC 8032), made at first start and kept wrapped in the key store.
 * A class only to be a token for injection: {@link createCheckpointSigner} makes one.
 */
export abstract class CheckpointSigner {
  /** The first 16 hex digits of the SHA-256 of the public key's 32 bytes. */
  abstract readonly keyId: string;
  /** SubjectPublicKeyInfo in PEM (RFC 8410): what an auditor is given. */
  abstract readonly publicKeyPem: string;
  /** The public key's 32 bytes in base64. */
  abstract readonly publicKeyRaw: string;
  /** @returns 64 bytes */
  abstract sign(bytes: Uint8Array): Uint8Array;
}

/** @throws {MasterKeyError} where the key is wrapped by another master key */
export async function createCheckpointSigner(options: { readonly store: KeyStore; readonly masterKey: MasterKey }): Promise<CheckpointSigner> {
  const [key] = await new SigningKeys(options.store, options.masterKey, 'checkpoint-key').load();
  if (!key) throw new Error('the checkpoint key is gone: restore the key store from a backup');
  return {
    keyId: createHash('sha256').update(key.raw).digest('hex').slice(0, 16),
    publicKeyPem: key.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicKeyRaw: key.raw.toString('base64'),
    sign: (bytes) => new Uint8Array(sign(null, bytes, key.privateKey)),
  };
}

/**
 * Whether the signature is the key's, over exactly these bytes. Needs nothing but its arguments.
 * @param publicKey SPKI in PEM, or the 32 bytes in base64
 * @throws {Error} where that is no Ed25519 public key
 */
export function verifyCheckpointSignature(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, bytes, readPublicKey(publicKey), signature);
}

function readPublicKey(text: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(text.trim(), 'base64').toString('base64url') }, format: 'jwk' });
  } catch {
    // said below
  }
  if (key?.asymmetricKeyType !== 'ed25519' || rawPublicKey(key).length !== 32) throw new Error('this is no Ed25519 public key: give its PEM, or its 32 bytes in base64');
  return key;
}
