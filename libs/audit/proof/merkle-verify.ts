import { EMPTY_ROOT, HASH_BYTES, nodeHash, sameHash } from './merkle-hash';

/** A claim that a leaf stands at an index of a tree. Hashes are 32 bytes each. */
export interface InclusionProof {
  readonly leafHash: Uint8Array;
  /** From 0. */
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  /** From the bottom up. */
  readonly path: readonly Uint8Array[];
}

/** A claim that a tree of `to` leaves begins with one of `from` leaves. */
export interface ConsistencyProof {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly to: number;
  readonly toRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Whether the leaf is in the tree, there: RFC 9162, section 2.1.3.2. Never throws, whatever the claim holds. */
export function verifyInclusion({ leafHash, leafIndex, treeSize, rootHash, path }: InclusionProof): boolean {
  if (!isSize(leafIndex) || !isSize(treeSize) || leafIndex >= treeSize || !areHashes([leafHash, rootHash, ...path])) return false;
  let fn = leafIndex;
  let sn = treeSize - 1;
  let root = leafHash;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      root = nodeHash(sibling, root);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      root = nodeHash(root, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(root, rootHash);
}

/**
 * Whether the larger tree begins with the smaller one: RFC 9162, section 2.1.4.2. Never throws, whatever the claim holds.
 * Beyond the RFC, which starts at one leaf and unequal sizes: every tree begins with the empty one and with itself, by an empty path.
 */
export function verifyConsistency({ from, fromRoot, to, toRoot, path }: ConsistencyProof): boolean {
  if (!isSize(from) || !isSize(to) || from > to || !areHashes([fromRoot, toRoot, ...path])) return false;
  if (from === to) return path.length === 0 && sameHash(fromRoot, toRoot);
  if (from === 0) return path.length === 0 && sameHash(fromRoot, EMPTY_ROOT);
  if (path.length === 0) return false;
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...path] : path;
  let fn = from - 1;
  let sn = to - 1;
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  let fr = first!;
  let sr = first!;
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      fr = nodeHash(sibling, fr);
      sr = nodeHash(sibling, sr);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(fr, fromRoot) && sameHash(sr, toRoot);
}

/** Sizes go beyond 32 bits, so no bit operators: they would cut them off. */
const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every((value) => value.length === HASH_BYTES);
}
