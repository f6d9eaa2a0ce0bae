import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './merkle-hash';

/**
 * The inner life of a Merkle tree: hashes of perfect subtrees. Level 0 holds the leaf hashes; the node (level, index)
 * covers the leaves `index * 2^level` up to, but not including, `(index + 1) * 2^level`.
 * Only whole subtrees are kept, so a node once put never changes, and there are fewer than 2n of them for n leaves.
 */
export interface MerkleNodes {
  get(level: number, index: number): Uint8Array | undefined;
  put(level: number, index: number, hash: Uint8Array): void;
}

/** Nodes that may have to be fetched first. */
export interface MerkleReading {
  /** Does work that reads nodes; it must be free of effects, since it may be begun anew when another node has come. */
  reading<T>(work: (nodes: MerkleNodes) => T): Promise<T>;
}

/** A store of nodes does not hold a node that the tree needs: it is behind the size asked for, or damaged. */
export class MissingMerkleNode extends Error {
  override readonly name = 'MissingMerkleNode';
  constructor(readonly level: number, readonly index: number) {
    super(`the Merkle tree node at level ${level}, index ${index} is missing`);
  }
}

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, largest first. It is all that appending needs,
 * at most 53 hashes at any size. Appending costs O(log n) at worst and two hashes on average; so does the root.
 */
export class CompactRange {
  private constructor(private readonly subtrees: Uint8Array[], private leaves: number, private readonly nodes: Pick<MerkleNodes, 'put'> | null) {}

  /** A tree without leaves. Completed nodes are put into `nodes`, if given. */
  static empty(nodes: Pick<MerkleNodes, 'put'> | null = null): CompactRange {
    return new CompactRange([], 0, nodes);
  }

  /**
   * The tree of the first `size` leaves, ready to go on.
   * @throws {MissingMerkleNode} where the store does not hold that many leaves
   */
  static load(nodes: MerkleNodes, size: number): CompactRange {
    checkSize(size);
    return new CompactRange(perfectSubtrees(0, size).map(([level, index]) => fetch(nodes, level, index)), size, nodes);
  }

  /** Number of leaves. */
  get size(): number {
    return this.leaves;
  }

  /** Appends a leaf by its hash (32 bytes). */
  append(leafHash: Uint8Array): void {
    if (leafHash.length !== HASH_BYTES) throw new RangeError('a leaf hash is 32 bytes');
    let level = 0;
    let index = this.leaves;
    let hash = leafHash;
    this.nodes?.put(level, index, hash);
    for (; index % 2 === 1; index = (index - 1) / 2) {
      hash = nodeHash(this.subtrees.pop()!, hash);
      this.nodes?.put(++level, (index - 1) / 2, hash);
    }
    this.subtrees.push(hash);
    this.leaves++;
  }

  /** Root hash of the tree as it stands. */
  root(): Uint8Array {
    return foldSubtrees(this.subtrees);
  }
}

/**
 * Root hash of the first `size` leaves: MTH(D[0:size]) of RFC 9162, section 2.1.1.
 * @throws {MissingMerkleNode} where the store does not hold that many leaves
 */
export function rootHash(nodes: MerkleNodes, size: number): Uint8Array {
  checkSize(size);
  return rangeHash(nodes, 0, size);
}

/**
 * The inclusion path of a leaf in the tree of the first `size` leaves, from the bottom up: PATH(m, D_n) of RFC 9162, section 2.1.3.1.
 * With `level`, of the whole block of `2^level` leaves (fewer at the end) that begins at the leaf, which must be a multiple of that:
 * a tree's blocks are the leaves of a smaller tree of the same shape, so block `b` verifies as leaf `b` of `ceil(size / 2^level)`.
 * @throws {RangeError} where the leaf is not in the tree
 * @throws {MissingMerkleNode} where the store does not hold that many leaves
 */
export function inclusionPath(nodes: MerkleNodes, leaf: number, size: number, level = 0): Uint8Array[] {
  checkSize(size);
  const block = 2 ** level;
  if (!Number.isSafeInteger(leaf) || leaf < 0 || leaf >= size || leaf % block !== 0) throw new RangeError(`no leaf or block at ${leaf} in a tree of ${size}`);
  const path: Uint8Array[] = [];
  let start = 0;
  let count = size;
  while (count > block) {
    const left = largestPowerOfTwoBelow(count);
    if (leaf - start < left) {
      path.push(rangeHash(nodes, start + left, count - left));
      count = left;
    } else {
      path.push(rangeHash(nodes, start, left));
      start += left;
      count -= left;
    }
  }
  return path.reverse();
}

/**
 * The proof that the tree of `to` leaves begins with the tree of `from` leaves: PROOF(m, D_n) of RFC 9162, section 2.1.4.1.
 * Empty where both are the same, and from 0, where there is nothing to prove.
 * @throws {RangeError} where `from` is larger than `to`
 * @throws {MissingMerkleNode} where the store does not hold that many leaves
 */
export function consistencyPath(nodes: MerkleNodes, from: number, to: number): Uint8Array[] {
  checkSize(from);
  checkSize(to);
  if (from > to) throw new RangeError(`a tree of ${to} leaves does not begin with one of ${from}`);
  if (from === 0) return [];
  const path: Uint8Array[] = [];
  let start = 0;
  let count = to;
  let known = true;
  while (from - start !== count) {
    const left = largestPowerOfTwoBelow(count);
    if (from - start <= left) {
      path.push(rangeHash(nodes, start + left, count - left));
      count = left;
    } else {
      path.push(rangeHash(nodes, start, left));
      start += left;
      count -= left;
      known = false;
    }
  }
  if (!known) path.push(rangeHash(nodes, start, count));
  return path.reverse();
}

/** Hash of the leaves from `start` on, `count` of them; `start` is aligned as the right half of a split is. */
function rangeHash(nodes: MerkleNodes, start: number, count: number): Uint8Array {
  return foldSubtrees(perfectSubtrees(start, count).map(([level, index]) => fetch(nodes, level, index)));
}

/** Joins perfect subtrees, largest first, from the right: the splits of RFC 9162 undone. */
function foldSubtrees(subtrees: readonly Uint8Array[]): Uint8Array {
  return subtrees.length === 0 ? EMPTY_ROOT : subtrees.reduceRight((right, left) => nodeHash(left, right));
}

/** The perfect subtrees, largest first, that make up a range of leaves. */
function perfectSubtrees(start: number, count: number): [level: number, index: number][] {
  const found: [number, number][] = [];
  let from = start;
  for (let left = count, level = Math.floor(Math.log2(Math.max(count, 1))) + 1; level >= 0 && left > 0; level--) {
    const width = 2 ** level;
    if (width > left) continue;
    found.push([level, from / width]);
    from += width;
    left -= width;
  }
  return found;
}

/** The `k` of RFC 9162: where a tree of n > 1 leaves is split. */
function largestPowerOfTwoBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

function fetch(nodes: MerkleNodes, level: number, index: number): Uint8Array {
  const hash = nodes.get(level, index);
  if (!hash) throw new MissingMerkleNode(level, index);
  return hash;
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no size of a tree`);
}
