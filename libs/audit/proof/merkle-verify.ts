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
  let root = leafHash;
  const reachesRoot = climb(path, leafIndex, treeSize - 1, (sibling, isLeft) => {
    root = isLeft ? nodeHash(sibling, root) : nodeHash(root, sibling);
  });
  return reachesRoot && sameHash(root, rootHash);
}

/**
 * Whether the larger tree begins with the smaller one: RFC 9162, section 2.1.4.2. Never throws, whatever the claim holds.
 * Beyond the RFC, which starts at one leaf and unequal sizes: every tree begins with the empty one and with itself, by an empty path.
 */
export function verifyConsistency(claim: ConsistencyProof): boolean {
  const { from, fromRoot, to, toRoot, path } = claim;
  if (!isSize(from) || !isSize(to) || from > to || !areHashes([fromRoot, toRoot, ...path])) return false;
  if (from === to) return path.length === 0 && sameHash(fromRoot, toRoot);
  if (from === 0) return path.length === 0 && sameHash(fromRoot, EMPTY_ROOT);
  return path.length > 0 && growsFromSmaller(claim);
}

function growsFromSmaller({ from, fromRoot, to, toRoot, path }: ConsistencyProof): boolean {
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...path] : path;
  let fn = from - 1;
  let sn = to - 1;
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  let fr = first!;
  let sr = first!;
  const reachesRoot = climb(rest, fn, sn, (sibling, isLeft) => {
    if (isLeft) fr = nodeHash(sibling, fr);
    sr = isLeft ? nodeHash(sibling, sr) : nodeHash(sr, sibling);
  });
  return reachesRoot && sameHash(fr, fromRoot) && sameHash(sr, toRoot);
}

/**
 * The walk that both procedures share (steps 4 and 6 of them): from a node up to the root, by the bits of `fn`, its place,
 * and `sn`, the last place. @returns whether the path is as long as the way up
 */
function climb(path: readonly Uint8Array[], fn: number, sn: number, join: (sibling: Uint8Array, isLeft: boolean) => void): boolean {
  for (const sibling of path) {
    if (sn === 0) return false;
    const isLeft = isOdd(fn) || fn === sn;
    join(sibling, isLeft);
    if (isLeft) while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0;
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
