import fc from 'fast-check';
import { fromBase64, toBase64 } from './base64';
import { EMPTY_ROOT, leafHash, nodeHash } from './merkle-hash';
import { CompactRange, consistencyPath, inclusionPath, MissingMerkleNode, rootHash } from './merkle-tree';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { verifyConsistency, verifyInclusion, type ConsistencyProof, type InclusionProof } from './merkle-verify';

/** The public test inputs of Certificate Transparency and of transparency-dev/merkle, and what they hash to. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const INCLUSION = [
  { leaf: 0, size: 8, path: ['lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=', 'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=', 'a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ='] },
  { leaf: 5, size: 8, path: ['vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=', 'yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=', '037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc='] },
  { leaf: 2, size: 3, path: ['+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU='] },
  { leaf: 1, size: 5, path: ['bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=', 'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=', 'vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms='] },
];
const CONSISTENCY = [
  { from: 1, to: 8, path: ['lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=', 'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=', 'a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ='] },
  { from: 6, to: 8, path: ['DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=', 'yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=', '037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc='] },
  { from: 2, to: 5, path: ['Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=', 'vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms='] },
];

/** RFC 9162, section 2.1, word for word: recursive, over all leaves. The other implementation is measured against it. */
const naive = {
  root(d: readonly Uint8Array[]): Uint8Array {
    if (d.length === 0) return EMPTY_ROOT;
    if (d.length === 1) return d[0]!;
    return nodeHash(naive.root(d.slice(0, split(d.length))), naive.root(d.slice(split(d.length))));
  },
  path(m: number, d: readonly Uint8Array[]): Uint8Array[] {
    if (d.length === 1) return [];
    const k = split(d.length);
    return m < k ? [...naive.path(m, d.slice(0, k)), naive.root(d.slice(k))] : [...naive.path(m - k, d.slice(k)), naive.root(d.slice(0, k))];
  },
  subproof(m: number, d: readonly Uint8Array[], known: boolean): Uint8Array[] {
    if (m === d.length) return known ? [] : [naive.root(d)];
    const k = split(d.length);
    return m <= k ? [...naive.subproof(m, d.slice(0, k), known), naive.root(d.slice(k))] : [...naive.subproof(m - k, d.slice(k), false), naive.root(d.slice(0, k))];
  },
};
function split(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

function grow(hashes: readonly Uint8Array[]): { nodes: MemoryMerkleNodes; range: CompactRange } {
  const nodes = new MemoryMerkleNodes();
  const range = CompactRange.empty(nodes);
  for (const hash of hashes) range.append(hash);
  return { nodes, range };
}

const numbered = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(String(i))));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const base64s = (path: readonly Uint8Array[]): string[] => path.map(toBase64);
const MOST = 300;
const { nodes: shared } = grow(numbered(MOST));

describe('a Merkle tree after RFC 9162, on the public test vectors', () => {
  const { nodes } = grow(LEAVES.map(leafHash));

  it.each(ROOTS.map((root, size) => [size, root] as const))('has the published root at %i leaves', (size, root) => {
    expect(hex(rootHash(nodes, size))).toBe(root);
    expect(hex(grow(LEAVES.slice(0, size).map(leafHash)).range.root())).toBe(root);
  });

  it.each(INCLUSION)('has the published inclusion path of leaf $leaf in $size', ({ leaf, size, path }) => {
    expect(base64s(inclusionPath(nodes, leaf, size))).toEqual(path);
    expect(verifyInclusion({ leafHash: leafHash(LEAVES[leaf]!), leafIndex: leaf, treeSize: size, rootHash: Buffer.from(ROOTS[size]!, 'hex'), path: path.map((p) => fromBase64(p)!) })).toBe(true);
  });

  it.each(CONSISTENCY)('has the published consistency path from $from to $to', ({ from, to, path }) => {
    expect(base64s(consistencyPath(nodes, from, to))).toEqual(path);
    expect(verifyConsistency({ from, fromRoot: Buffer.from(ROOTS[from]!, 'hex'), to, toRoot: Buffer.from(ROOTS[to]!, 'hex'), path: path.map((p) => fromBase64(p)!) })).toBe(true);
  });
});

describe('a Merkle tree of any size', () => {
  const sizes = fc.integer({ min: 1, max: MOST });

  it('has the root and the paths of the recursive definition', () => {
    fc.assert(fc.property(sizes, fc.nat(), fc.nat(), (size, a, b) => {
      const hashes = numbered(size);
      const leaf = a % size;
      const from = 1 + (b % size);
      expect(hex(rootHash(shared, size))).toBe(hex(naive.root(hashes)));
      expect(base64s(inclusionPath(shared, leaf, size))).toEqual(base64s(naive.path(leaf, hashes)));
      expect(base64s(consistencyPath(shared, from, size))).toEqual(base64s(naive.subproof(from, hashes, true)));
    }), { numRuns: 60 });
  });

  it('goes on from a store as if it had never stopped', () => {
    fc.assert(fc.property(fc.nat({ max: 100 }), fc.nat({ max: 100 }), (before, more) => {
      const hashes = numbered(before + more);
      const { nodes } = grow(hashes.slice(0, before));
      const range = CompactRange.load(nodes, before);
      for (const hash of hashes.slice(before)) range.append(hash);
      expect(range.size).toBe(before + more);
      expect(hex(range.root())).toBe(hex(naive.root(hashes)));
      expect(hex(rootHash(nodes, before + more))).toBe(hex(range.root()));
    }));
  });

  it('proves every leaf and every earlier tree', () => {
    fc.assert(fc.property(sizes, fc.nat(), fc.nat(), (size, a, b) => {
      expect(verifyInclusion(inclusion(a % size, size))).toBe(true);
      expect(verifyConsistency(consistency(b % (size + 1), size))).toBe(true);
    }));
  });

  it('proves whole blocks of leaves as the leaves of a smaller tree', () => {
    fc.assert(fc.property(sizes, fc.nat({ max: 6 }), fc.nat(), (size, level, pick) => {
      const width = 2 ** level;
      const blocks = Math.ceil(size / width);
      const block = pick % blocks;
      const path = inclusionPath(shared, block * width, size, level);
      const blockRoot = naive.root(numbered(size).slice(block * width, (block + 1) * width));
      expect(verifyInclusion({ leafHash: blockRoot, leafIndex: block, treeSize: blocks, rootHash: rootHash(shared, size), path })).toBe(true);
    }));
  });

  it('works beyond 32 bits', () => {
    // Three leaves stand for a tree whose left part has 2^33 leaves: only the sizes are large, the path is short.
    const [left, a, b] = numbered(3) as [Uint8Array, Uint8Array, Uint8Array];
    const proof = { leafHash: b, leafIndex: 2 ** 33 + 1, treeSize: 2 ** 33 + 2, rootHash: nodeHash(left, nodeHash(a, b)), path: [a, left] };
    expect(verifyInclusion(proof)).toBe(true);
    expect(verifyInclusion({ ...proof, leafIndex: 1 })).toBe(false);
  });

  it('says which node is missing where the store is behind', () => {
    const { nodes } = grow(numbered(5));
    expect(() => rootHash(nodes, 6)).toThrow(MissingMerkleNode);
    expect(() => inclusionPath(nodes, 0, 8)).toThrow(new MissingMerkleNode(2, 1));
    expect(new MissingMerkleNode(2, 1)).toMatchObject({ name: 'MissingMerkleNode', level: 2, index: 1, message: 'the Merkle tree node at level 2, index 1 is missing' });
    expect(() => CompactRange.load(nodes, 7)).toThrow(new MissingMerkleNode(1, 2));
  });

  it('refuses questions that make no sense', () => {
    const refused = (ask: () => unknown, why: string) => expect(ask).toThrow(new RangeError(why));
    refused(() => inclusionPath(shared, 5, 5), 'no leaf or block at 5 in a tree of 5');
    refused(() => inclusionPath(shared, -1, 5), 'no leaf or block at -1 in a tree of 5');
    refused(() => inclusionPath(shared, 0.5, 5), 'no leaf or block at 0.5 in a tree of 5');
    refused(() => inclusionPath(shared, 2, 8, 2), 'no leaf or block at 2 in a tree of 8');
    refused(() => inclusionPath(shared, 0, -8), '-8 is no size of a tree');
    refused(() => consistencyPath(shared, 6, 5), 'a tree of 5 leaves does not begin with one of 6');
    refused(() => consistencyPath(shared, -1, 5), '-1 is no size of a tree');
    refused(() => consistencyPath(shared, 0, -5), '-5 is no size of a tree');
    refused(() => rootHash(shared, 1.5), '1.5 is no size of a tree');
    refused(() => rootHash(shared, -1), '-1 is no size of a tree');
    refused(() => CompactRange.load(shared, -1), '-1 is no size of a tree');
    refused(() => nodeHash(new Uint8Array(31), new Uint8Array(32)), 'a child of a Merkle tree node is 32 bytes');
    refused(() => nodeHash(new Uint8Array(32), new Uint8Array(33)), 'a child of a Merkle tree node is 32 bytes');
    refused(() => CompactRange.empty().append(new Uint8Array(31)), 'a leaf hash is 32 bytes');
    refused(() => new MemoryMerkleNodes().put(0, 1, new Uint8Array(32)), 'level 0 has 0 nodes; 1 comes too early');
  });

  it('has nothing to prove from no leaves on', () => {
    expect(consistencyPath(shared, 0, 7)).toEqual([]);
    expect(verifyConsistency({ from: 0, fromRoot: EMPTY_ROOT, to: 7, toRoot: rootHash(shared, 7), path: [] })).toBe(true);
    expect(verifyConsistency({ from: 0, fromRoot: EMPTY_ROOT, to: 7, toRoot: rootHash(shared, 7), path: [EMPTY_ROOT] })).toBe(false);
    expect(verifyConsistency({ from: 7, fromRoot: rootHash(shared, 7), to: 7, toRoot: rootHash(shared, 7), path: [EMPTY_ROOT] })).toBe(false);
  });

  it('is kept without its nodes too', () => {
    const range = CompactRange.empty();
    for (const hash of numbered(11)) range.append(hash);
    expect(hex(range.root())).toBe(hex(naive.root(numbered(11))));
    expect(hex(CompactRange.empty().root())).toBe(hex(EMPTY_ROOT));
  });

  it('keeps a node that is put again, and none that is not there', () => {
    const nodes = new MemoryMerkleNodes();
    const [a, b] = numbered(2) as [Uint8Array, Uint8Array];
    nodes.put(0, 0, a);
    nodes.put(0, 1, b);
    nodes.put(0, 0, a);
    expect([nodes.get(0, 0), nodes.get(0, 1)].map((hash) => hex(hash!))).toEqual([hex(a), hex(b)]);
    expect([nodes.get(0, 2), nodes.get(1, 0)]).toEqual([undefined, undefined]);
  });
});

describe('a forged proof', () => {
  const claims = fc.tuple(fc.integer({ min: 2, max: MOST }), fc.nat()).map(([size, pick]) => ({ size, leaf: pick % size, from: 1 + (pick % (size - 1)) }));

  it('of inclusion fails at any flipped bit', () => {
    fc.assert(fc.property(claims, fc.nat(), fc.nat(), ({ leaf, size }, which, bit) => {
      const proof = inclusion(leaf, size);
      const hashes = [proof.leafHash, proof.rootHash, ...proof.path];
      hashes[which % hashes.length] = flip(hashes[which % hashes.length]!, bit);
      const [leafHash, rootHash, ...path] = hashes as [Uint8Array, Uint8Array, ...Uint8Array[]];
      expect(verifyInclusion({ ...proof, leafHash, rootHash, path })).toBe(false);
    }));
  });

  it('of inclusion fails at any other index', () => {
    fc.assert(fc.property(claims, fc.integer({ min: -2, max: MOST + 2 }), ({ leaf, size }, other) => {
      fc.pre(other !== leaf);
      expect(verifyInclusion({ ...inclusion(leaf, size), leafIndex: other })).toBe(false);
    }));
  });

  it('of inclusion fails with a path cut, lengthened or in another order', () => {
    fc.assert(fc.property(claims, fc.nat(), ({ leaf, size }, at) => {
      const proof = inclusion(leaf, size);
      for (const path of rearranged(proof.path, at)) expect(verifyInclusion({ ...proof, path })).toBe(false);
    }));
  });

  it('of inclusion fails at every size whose proofs have another length', () => {
    // Sizes that give the leaf a path of the same shape are told apart by their root alone: a size is only ever believed together with a signed root.
    fc.assert(fc.property(claims, fc.integer({ min: 0, max: MOST }), ({ leaf, size }, other) => {
      fc.pre(other <= leaf || inclusionPath(shared, leaf, other).length !== inclusionPath(shared, leaf, size).length);
      expect(verifyInclusion({ ...inclusion(leaf, size), treeSize: other })).toBe(false);
    }));
  });

  it('of consistency fails at any flipped bit', () => {
    fc.assert(fc.property(claims, fc.nat(), fc.nat(), ({ from, size }, which, bit) => {
      const proof = consistency(from, size);
      const hashes = [proof.fromRoot, proof.toRoot, ...proof.path];
      hashes[which % hashes.length] = flip(hashes[which % hashes.length]!, bit);
      const [fromRoot, toRoot, ...path] = hashes as [Uint8Array, Uint8Array, ...Uint8Array[]];
      expect(verifyConsistency({ ...proof, fromRoot, toRoot, path })).toBe(false);
    }));
  });

  it('of consistency fails with a path cut, lengthened or in another order', () => {
    fc.assert(fc.property(claims, fc.nat(), ({ from, size }, at) => {
      const proof = consistency(from, size);
      for (const path of rearranged(proof.path, at)) expect(verifyConsistency({ ...proof, path })).toBe(false);
    }));
  });

  it('of consistency fails with its sizes or its roots exchanged, and between forks', () => {
    fc.assert(fc.property(claims, ({ from, size }) => {
      const proof = consistency(from, size);
      expect(verifyConsistency({ ...proof, from: size, to: from })).toBe(false);
      expect(verifyConsistency({ ...proof, fromRoot: proof.toRoot, toRoot: proof.fromRoot })).toBe(false);
      const fork = numbered(size);
      fork[from - 1] = flip(fork[from - 1]!, 0);
      expect(verifyConsistency({ ...proof, toRoot: naive.root(fork) })).toBe(false);
      expect(verifyConsistency({ ...proof, toRoot: naive.root(fork), path: naive.subproof(from, fork, true) })).toBe(false);
    }));
  });

  it('is refused, not choked on, where a hash is no hash or a size no size', () => {
    const proof = inclusion(3, 7);
    for (const treeSize of [NaN, Infinity, -1, 7.5, 2 ** 60]) expect(verifyInclusion({ ...proof, treeSize })).toBe(false);
    expect(verifyInclusion({ ...proof, path: [new Uint8Array(0), ...proof.path.slice(1)] })).toBe(false);
    expect(verifyConsistency({ ...consistency(3, 7), path: [new Uint8Array(64)] })).toBe(false);
    expect(verifyConsistency({ from: 0, fromRoot: leafHash(Buffer.of()), to: 7, toRoot: rootHash(shared, 7), path: [] })).toBe(false);
    expect(verifyConsistency({ ...consistency(7, 7), toRoot: rootHash(shared, 6) })).toBe(false);
  });

  it('of a tree that begins with itself needs a size, and hashes', () => {
    const same = consistency(7, 7);
    expect(verifyConsistency(same)).toBe(true);
    for (const size of [7.5, -1, -8, NaN, Infinity, 2 ** 60]) expect(verifyConsistency({ ...same, from: size, to: size })).toBe(false);
    expect(verifyConsistency({ ...same, fromRoot: new Uint8Array(5), toRoot: new Uint8Array(5) })).toBe(false);
    expect(verifyConsistency({ from: 0, fromRoot: EMPTY_ROOT, to: 7.5, toRoot: rootHash(shared, 7), path: [] })).toBe(false);
    expect(verifyConsistency({ from: 0, fromRoot: EMPTY_ROOT, to: 7, toRoot: new Uint8Array(5), path: [] })).toBe(false);
  });
});

function inclusion(leaf: number, size: number): InclusionProof {
  return { leafHash: shared.get(0, leaf)!, leafIndex: leaf, treeSize: size, rootHash: rootHash(shared, size), path: inclusionPath(shared, leaf, size) };
}

function consistency(from: number, to: number): ConsistencyProof {
  return { from, fromRoot: rootHash(shared, from), to, toRoot: rootHash(shared, to), path: consistencyPath(shared, from, to) };
}

function flip(hash: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(hash);
  const at = bit % (hash.length * 8);
  changed[at >> 3]! ^= 1 << (at & 7);
  return changed;
}

/** The path without one of its hashes, with one more anywhere, and with two neighbours exchanged. */
function rearranged(path: readonly Uint8Array[], at: number): Uint8Array[][] {
  const i = at % path.length;
  const garbage = leafHash(Buffer.from('garbage'));
  const variants = [[...path.slice(0, i), ...path.slice(i + 1)], [...path.slice(0, i), garbage, ...path.slice(i)], [...path, garbage], [...path, path[i]!]];
  if (i > 0) variants.push([...path.slice(0, i - 1), path[i]!, path[i - 1]!, ...path.slice(i + 1)]);
  return variants;
}
