import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 12 * 1024;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * Random bytes for nonces, at most 64: drawn from the system's generator some thousand at a time,
 * because one call for each nonce would cost more than the encryption it is for.
 * Never for keys: a key should leave no copy behind in a pool.
 */
export function randomNonce(length: number): Buffer {
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const nonce = Buffer.from(pool.subarray(used, used + length));
  used += length;
  return nonce;
}

/** A copy that owns all of its memory. Buffers of Node share a pool, which must not travel to a worker thread with them. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding (RFC 4648, section 5), strictly: foreign characters, padding and stray bits
 * in the last character are refused, so every byte string has exactly one spelling.
 * @returns `null` where the text is not that
 */
export function decodeBase64Url(text: string): Buffer | null {
  if (!BASE64URL.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
