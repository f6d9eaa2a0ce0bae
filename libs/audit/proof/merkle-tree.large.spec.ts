import { leafHash } from './merkle-hash';
import { CompactRange, consistencyPath, inclusionPath, rootHash } from './merkle-tree';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { verifyConsistency, verifyInclusion } from './merkle-verify';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Apart from the other specs, because it takes seconds: mutants are not tried against it. */
describe('a large Merkle tree', () => {
  it('keeps a million leaves, stores fewer than two nodes a leaf, and proves the last', () => {
    const size = 1_000_000;
    const nodes = new MemoryMerkleNodes();
    let puts = 0;
    const counting = { put: (level: number, index: number, hash: Uint8Array): void => { puts++; nodes.put(level, index, hash); } };
    const range = CompactRange.empty(counting);
    const entry = Buffer.alloc(4);
    for (let i = 0; i < size; i++) {
      entry.writeUInt32BE(i);
      range.append(leafHash(entry));
    }
    const root = range.root();
    expect(puts).toBeLessThan(2 * size);
    expect(hex(rootHash(nodes, size))).toBe(hex(root));
    expect(verifyInclusion({ leafHash: leafHash(entry), leafIndex: size - 1, treeSize: size, rootHash: root, path: inclusionPath(nodes, size - 1, size) })).toBe(true);
    expect(verifyConsistency({ from: 777_777, fromRoot: rootHash(nodes, 777_777), to: size, toRoot: root, path: consistencyPath(nodes, 777_777, size) })).toBe(true);
  }, 60_000);
});
