import { hash } from 'node:crypto';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Hash of a tree without leaves: SHA-256 of nothing (RFC 9162, section 2.1.1). */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

/** The one buffer in which children are put side by side; hashing is synchronous, so nobody else sees it. */
const children = new Uint8Array(1 + 2 * HASH_BYTES).fill(NODE_PREFIX, 0, 1);

/** Hash of one leaf: SHA-256(0x00 || entry) (RFC 9162, section 2.1.1). */
export function leafHash(entry: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + entry.length);
  prefixed[0] = LEAF_PREFIX;
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

/** As {@link leafHash}, of a text's UTF-8 bytes. */
export function leafHashOfText(entry: string): Uint8Array {
  const prefixed = Buffer.allocUnsafe(1 + Buffer.byteLength(entry));
  prefixed[0] = LEAF_PREFIX;
  prefixed.write(entry, 1);
  return sha256(prefixed);
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162, section 2.1.1). Both children are 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new RangeError('a child of a Merkle tree node is 32 bytes');
  children.set(left, 1);
  children.set(right, 1 + HASH_BYTES);
  return sha256(children);
}

/** Whether two hashes are the same bytes. Hashes here are public, so the time it takes may tell. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
