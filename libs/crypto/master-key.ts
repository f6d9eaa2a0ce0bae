import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';

/** Why the service must not start, or a key cannot be read: a sentence that says what to do. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** Wraps the keys and secrets that the key store holds. Lives outside the data: in the environment, or in a file of its own. */
export interface MasterKey {
  /** 16 hex digits that name the key and tell nothing of it. */
  readonly id: string;
  /**
   * AES-256-GCM under a key derived from the master key.
   * @param name what is wrapped, bound as additional data: a wrapped key cannot be passed off as another's
   * @returns version byte, 8 bytes id of the master key, 12 bytes nonce, ciphertext, 16 bytes tag
   */
  wrap(name: string, plaintext: Uint8Array): Uint8Array;
  /** @throws {MasterKeyError} where it was wrapped by another master key, for another name, or was tampered with */
  unwrap(name: string, wrapped: Uint8Array): Buffer;
}

const MAKE_ONE = `Make one with: node -p "require('node:crypto').randomBytes(32).toString('base64')"`;
const FORMAT = 1;
const ID = 1;
const NONCE = 9;
const CIPHERTEXT = 21;
const TAG_BYTES = 16;

/**
 * Reads the value of ROLEBOOK_MASTER_KEY.
 * @param text 32 bytes in base64 (RFC 4648, section 4 or 5; padding may be missing; white space around it is ignored)
 * @throws {MasterKeyError} where it is anything else
 */
export function parseMasterKey(text: string): MasterKey {
  const trimmed = text.trim();
  if (trimmed === '') throw new MasterKeyError(`ROLEBOOK_MASTER_KEY is empty; it must be 32 bytes in base64. ${MAKE_ONE}`);
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed)) {
    throw new MasterKeyError(`ROLEBOOK_MASTER_KEY is not base64; it must be 32 bytes in base64 (44 characters). ${MAKE_ONE}`);
  }
  const bytes = Buffer.from(trimmed, 'base64');
  if (bytes.length !== 32) {
    throw new MasterKeyError(`ROLEBOOK_MASTER_KEY holds ${bytes.length} bytes; it must be 32 bytes in base64 (44 characters). ${MAKE_ONE}`);
  }
  return createMasterKey(bytes);
}

/** @param bytes the 32 bytes of the master key */
export function createMasterKey(bytes: Uint8Array): MasterKey {
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', bytes, '', `rolebook/master-key/1/${info}`, 32));
  const key = createSecretKey(derive('wrap'));
  const id = derive('id').subarray(0, 8);
  return new AesMasterKey(key, id);
}

class AesMasterKey implements MasterKey {
  readonly id: string;

  constructor(private readonly key: KeyObject, private readonly idBytes: Buffer) {
    this.id = idBytes.toString('hex');
  }

  wrap(name: string, plaintext: Uint8Array): Uint8Array {
    const nonce = randomBytes(12);
    const head = Buffer.concat([Uint8Array.of(FORMAT), this.idBytes, nonce]);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(additionalData(head, name));
    return new Uint8Array(Buffer.concat([head, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
  }

  unwrap(name: string, wrapped: Uint8Array): Buffer {
    const by = wrappedBy(wrapped);
    if (by !== this.id) throw new MasterKeyError(`${name} is wrapped by master key ${by}, and this one is ${this.id}. ${otherKey(by)}`);
    const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(NONCE, CIPHERTEXT), { authTagLength: TAG_BYTES })
        .setAAD(additionalData(bytes.subarray(0, CIPHERTEXT), name))
        .setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const plaintext = decipher.update(bytes.subarray(CIPHERTEXT, bytes.length - TAG_BYTES));
      decipher.final(); // throws where the tag does not fit; GCM is a stream, so nothing is left to come
      return plaintext;
    } catch {
      throw new MasterKeyError(`the wrapped key of ${name} was changed, or belongs to something else: restore the key store from a backup`);
    }
  }
}

/**
 * The id of the master key that wrapped something.
 * @throws {MasterKeyError} where the bytes are no wrapped key
 */
export function wrappedBy(wrapped: Uint8Array): string {
  if (wrapped[0] !== FORMAT || wrapped.length < CIPHERTEXT + TAG_BYTES) {
    throw new MasterKeyError('the key store holds something that is no wrapped key: restore it from a backup');
  }
  return Buffer.from(wrapped.subarray(ID, NONCE)).toString('hex');
}

/** The names under which things are wrapped: a person's key never passes for a secret of the installation. */
export const subjectName = (subject: string) => `subject:${subject}`;
export const secretName = (name: string) => `secret:${name}`;

/** What to do where data was written under another master key. */
export function otherKey(id: string): string {
  return `Set ROLEBOOK_MASTER_KEY to key ${id}, the one this data was written with (embedded mode keeps it in the data folder). Without it the personal data cannot be read.`;
}

function additionalData(head: Uint8Array, name: string): Buffer {
  return Buffer.concat([head, Buffer.from(name, 'utf8')]);
}
