import { HASH_BYTES } from './merkle-hash';
import type { MerkleNodes, MerkleReading } from './merkle-tree';

/** Nodes in memory, 64 bytes a leaf in all: for verifying, for tests, and for histories that fit. */
export class MemoryMerkleNodes implements MerkleNodes, MerkleReading {
  private readonly levels: { bytes: Uint8Array; count: number }[] = [];

  async reading<T>(work: (nodes: MerkleNodes) => T): Promise<T> {
    return work(this);
  }

  get(level: number, index: number): Uint8Array | undefined {
    const nodes = this.levels[level];
    return nodes && index < nodes.count ? nodes.bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES) : undefined;
  }

  /** @throws {RangeError} where a node before it is missing: a tree grows from left to right */
  put(level: number, index: number, hash: Uint8Array): void {
    const nodes = (this.levels[level] ??= { bytes: new Uint8Array(64 * HASH_BYTES), count: 0 });
    if (index > nodes.count) throw new RangeError(`level ${level} has ${nodes.count} nodes; ${index} comes too early`);
    const end = (index + 1) * HASH_BYTES;
    if (end > nodes.bytes.length) {
      const grown = new Uint8Array(nodes.bytes.length * 2);
      grown.set(nodes.bytes);
      nodes.bytes = grown;
    }
    nodes.bytes.set(hash, index * HASH_BYTES);
    nodes.count = Math.max(nodes.count, index + 1);
  }
}
