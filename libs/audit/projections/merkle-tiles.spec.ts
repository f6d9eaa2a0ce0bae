import fc from 'fast-check';
import { CompactRange, consistencyPath, inclusionPath, leafHash, MemoryMerkleNodes, rootHash } from '../proof';
import { TileEdge, TileNodes, type TileDocument } from './merkle-tiles';

const leaf = (n: number) => leafHash(Buffer.from(`leaf ${n}`));

/** A tree in tiles beside the plain one of the proof library. */
class Tree {
  readonly stored = new Map<string, TileDocument>();
  readonly plain = new MemoryMerkleNodes();
  private readonly range = CompactRange.empty(this.plain);
  edge = TileEdge.load('b', 0, new Map());

  grow(by: number): void {
    for (let n = 0; n < by; n++) {
      this.range.append(leaf(this.edge.size));
      this.edge.append(leaf(this.edge.size));
    }
    for (const tile of this.edge.takeChanged('b')) this.stored.set(tile.id, tile);
  }

  reload(size = this.edge.size): void {
    this.edge = TileEdge.load('b', size, new Map(TileEdge.needs('b', size).flatMap((id) => (this.stored.has(id) ? [[id, this.stored.get(id)!]] : []))));
  }

  nodes(): TileNodes {
    return new TileNodes('b', async (id) => this.stored.get(id) ?? null);
  }
}

describe('a Merkle tree in tiles', () => {
  const tree = new Tree();
  tree.grow(66_000);

  it('has the roots of the plain tree at every size', async () => {
    const nodes = tree.nodes();
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 66_000 }), async (size) => {
      expect(await nodes.reading((n) => rootHash(n, size))).toEqual(rootHash(tree.plain, size));
    }), { numRuns: 60, examples: [[0], [1], [255], [256], [257], [65_535], [65_536], [65_537], [66_000]] });
  });

  it('gives the proofs of the plain tree', async () => {
    const nodes = tree.nodes();
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 66_000 }), fc.nat(), async (size, n) => {
      const at = n % size;
      expect(await nodes.reading((m) => inclusionPath(m, at, size))).toEqual(inclusionPath(tree.plain, at, size));
      expect(await nodes.reading((m) => consistencyPath(m, at, size))).toEqual(consistencyPath(tree.plain, at, size));
    }), { numRuns: 60 });
  });

  it('has no node past its end', async () => {
    expect(await tree.nodes().reading((n) => n.get(0, 66_000))).toBeUndefined();
    expect(await tree.nodes().reading((n) => n.get(16, 1))).toBeUndefined();
  });

  it('keeps one document for 256 leaves, and one for 256 of those', () => {
    expect(tree.stored.size).toBe(Math.ceil(66_000 / 256) + Math.ceil(257 / 256) + 1);
  });
});

describe('growing in steps, with restarts in between', () => {
  it('comes to the same tiles, whatever the steps', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), (steps) => {
      const tree = new Tree();
      for (const step of steps) {
        tree.grow(step);
        tree.reload();
      }
      const whole = new Tree();
      whole.grow(steps.reduce((sum, step) => sum + step, 0));
      expect([...tree.stored].sort()).toEqual([...whole.stored].sort());
    }), { numRuns: 40 });
  });

  it('goes on from a size though the tiles hold more: the batch after it was not finished', () => {
    const tree = new Tree();
    tree.grow(300);
    const whole = new Map(tree.stored);
    tree.reload(200);
    expect(tree.edge.size).toBe(200);
    for (let n = 200; n < 300; n++) tree.edge.append(leaf(n));
    for (const tile of tree.edge.takeChanged('b')) expect(tile).toEqual(whole.get(tile.id));
  });

  it('refuses to go on where hashes are missing', () => {
    const tree = new Tree();
    tree.grow(10);
    expect(() => tree.reload(11)).toThrow('does not hold the 11 hashes');
  });
});
