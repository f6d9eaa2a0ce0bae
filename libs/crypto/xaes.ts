import { createCipheriv, createDecipheriv, type Cipher } from 'node:crypto';
import { randomNonce } from './secret-bytes';

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const HALF = 12;

/**
 * XAES-256-GCM (C2SP, XAES-256-GCM.md): AES-256-GCM with nonces of 24 bytes, so that one key may seal some 2^80 texts
 * under random nonces. Plain AES-GCM must stop at 2^32 (NIST SP 800-38D, section 8.3), which an installation's one cursor key reaches.
 * Each text gets a key of its own, derived from the first half of the nonce by a KDF of counter mode over CMAC (SP 800-108r1, section 4.1).
 */
export class Xaes256Gcm {
  readonly #block: Cipher;
  /** The two blocks of the KDF, but for the nonce in them. */
  readonly #blocks: Buffer;
  readonly #scratch = Buffer.alloc(32);

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    // ECB over single blocks is the bare block cipher that CMAC is built from.
    this.#block = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const k1 = doubled(this.#block.update(Buffer.alloc(16)));
    this.#blocks = Buffer.concat([k1, k1]);
    for (const counter of [1, 2]) [0, counter, 0x58, 0].forEach((byte, i) => { this.#blocks[16 * (counter - 1) + i]! ^= byte; });
  }

  /** @returns 24 bytes nonce, ciphertext, 16 bytes tag */
  seal(additionalData: Uint8Array, plaintext: string, nonce: Uint8Array = randomNonce(NONCE_BYTES)): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(nonce), nonce.subarray(HALF)).setAAD(additionalData);
    return Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @returns the text, or `null` where the bytes were not sealed with this key and this additional data */
  open(additionalData: Uint8Array, sealed: Uint8Array): string | null {
    const tag = sealed.length - TAG_BYTES;
    if (tag < NONCE_BYTES) return null;
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(nonce), nonce.subarray(HALF)).setAAD(additionalData).setAuthTag(sealed.subarray(tag));
    const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, tag));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return plaintext.toString('utf8');
  }

  #keyFor(nonce: Uint8Array): Buffer {
    const blocks = this.#scratch;
    blocks.set(this.#blocks);
    for (let i = 0; i < HALF; i++) {
      blocks[4 + i]! ^= nonce[i]!;
      blocks[20 + i]! ^= nonce[i]!;
    }
    return this.#block.update(blocks);
  }
}

/** Doubling in GF(2^128), as CMAC makes its first subkey (NIST SP 800-38B, section 6.1). */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(16);
  const overflow = (block[0] ?? 0) >> 7;
  for (let i = 0; i < 16; i++) result[i] = (((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7)) & 0xff;
  result[15] = (result[15] ?? 0) ^ (overflow * 0x87);
  return result;
}
