import type { Document } from '@rolebook/kernel';
import { fromBase64, HASH_BYTES, nodeHash, toBase64, type MerkleNodes, type MerkleReading } from '../proof';

/**
 * The Merkle tree of a history as it is kept: in tiles of 256 hashes, after the tiles of C2SP tlog-tiles (c2sp.org/tlog-tiles).
 * Tile (level, index) holds the hashes of the tree's nodes at level 8 * `level`, from 256 * `index` on. Nodes between those
 * levels are computed from a tile: fewer than 256 hashes. A million leaves are four thousand documents, and not two million.
 */
export interface TileDocument extends Document {
  /** `<business>/<level>/<index>`. */
  readonly id: string;
  /** Base64 of up to 256 hashes, one after the other. Only the last tile of a level has fewer. */
  readonly hashes: string;
}

export const TILE_LEVELS = 8;
export const TILE_SIZE = 2 ** TILE_LEVELS;

export function tileId(businessId: string, level: number, index: number): string {
  return `${businessId}/${level}/${index}`;
}

/** One tile in memory; grows to the right. */
class Tile {
  readonly bytes = new Uint8Array(TILE_SIZE * HASH_BYTES);
  count = 0;

  constructor(readonly level: number, readonly index: number) {}

  push(hash: Uint8Array): void {
    this.bytes.set(hash, this.count * HASH_BYTES);
    this.count++;
  }

  get isFull(): boolean { return this.count === TILE_SIZE; }

  encode(): string {
    return toBase64(this.bytes.subarray(0, this.count * HASH_BYTES));
  }
}

/** The right edge of a tree in tiles: all that appending needs. Appending costs two hashes on average. */
export class TileEdge {
  private readonly tiles: Tile[] = [];
  private readonly changed = new Set<Tile>();

  private constructor(private leaves: number) {}

  /** Ids of the tiles that {@link load} needs for a tree of `size` leaves: at most one a level. */
  static needs(businessId: string, size: number): string[] {
    return edgeOf(size).flatMap(({ level, index, count }) => (count > 0 ? [tileId(businessId, level, index)] : []));
  }

  /**
   * @param stored what was asked for by {@link needs}, by id; a tile may hold more than the size says, from a batch that was not finished
   * @throws {Error} where a tile lacks hashes that the size says are there
   */
  static load(businessId: string, size: number, stored: ReadonlyMap<string, TileDocument>): TileEdge {
    const edge = new TileEdge(size);
    for (const { level, index, count } of edgeOf(size)) {
      const tile = new Tile(level, index);
      const bytes = count > 0 ? fromBase64(stored.get(tileId(businessId, level, index))?.hashes ?? '') : new Uint8Array(0);
      if (!bytes || bytes.length < count * HASH_BYTES) throw new Error(`tile ${tileId(businessId, level, index)} does not hold the ${count} hashes of a tree of ${size}`);
      tile.bytes.set(bytes.subarray(0, count * HASH_BYTES));
      tile.count = count;
      edge.tiles.push(tile);
    }
    return edge;
  }

  get size(): number { return this.leaves; }

  append(leafHash: Uint8Array): void {
    this.leaves++;
    for (let level = 0, hash = leafHash; ; level++) {
      let tile = this.tiles[level] ?? (this.tiles[level] = new Tile(level, 0));
      if (tile.isFull) tile = this.tiles[level] = new Tile(level, tile.index + 1);
      tile.push(hash);
      this.changed.add(tile);
      if (!tile.isFull) return;
      hash = subtreeRoot(tile.bytes, 0, TILE_SIZE);
    }
  }

  /** The tiles changed since the last call. */
  takeChanged(businessId: string): TileDocument[] {
    const documents = [...this.changed].map((tile) => ({ id: tileId(businessId, tile.level, tile.index), hashes: tile.encode() }));
    this.changed.clear();
    return documents;
  }
}

/** The last tile of each level for a tree of `size` leaves, and how many hashes stand in it. */
function edgeOf(size: number): { level: number; index: number; count: number }[] {
  const edge: { level: number; index: number; count: number }[] = [];
  for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / TILE_SIZE)) {
    const count = nodes % TILE_SIZE;
    edge.push({ level, index: Math.floor(nodes / TILE_SIZE), count });
  }
  return edge;
}

/** Root of a perfect subtree over `count` hashes (a power of two) that begin at `start` of a tile. */
function subtreeRoot(bytes: Uint8Array, start: number, count: number): Uint8Array {
  let hashes: Uint8Array[] = Array.from({ length: count }, (_, i) => bytes.slice((start + i) * HASH_BYTES, (start + i + 1) * HASH_BYTES));
  while (hashes.length > 1) hashes = Array.from({ length: hashes.length / 2 }, (_, i) => nodeHash(hashes[2 * i]!, hashes[2 * i + 1]!));
  return hashes[0]!;
}

/** A tile that a computation needs is not in memory yet. */
class TileWanted extends Error {
  override readonly name = 'TileWanted';
  constructor(readonly id: string) { super(`tile ${id} is not loaded`); }
}

/** A tile as stored, and the nodes over its hashes, each computed once: an export asks for the same ones again and again. */
class StoredTile {
  private readonly roots = new Map<number, Uint8Array>();

  constructor(private readonly bytes: Uint8Array) {}

  /** Root of the perfect subtree over `count` hashes from `start` on; `undefined` where the tile does not hold them all. */
  root(start: number, count: number): Uint8Array | undefined {
    return this.bytes.length < (start + count) * HASH_BYTES ? undefined : this.computed(start, count);
  }

  private computed(start: number, count: number): Uint8Array {
    if (count === 1) return this.bytes.slice(start * HASH_BYTES, (start + 1) * HASH_BYTES);
    const key = start * TILE_SIZE + count - 1;
    let root = this.roots.get(key);
    if (!root) this.roots.set(key, (root = nodeHash(this.computed(start, count / 2), this.computed(start + count / 2, count / 2))));
    return root;
  }
}

/** Tiles held at once: a proof needs two a level, and there are at most seven levels. */
const TILES_HELD = 64;

/** The nodes of a business's tree for proofs. Proofs are computed at once, tiles come from a store: {@link reading} brings the two together. */
export class TileNodes implements MerkleNodes, MerkleReading {
  private readonly tiles = new Map<string, StoredTile | null>();

  /** @param fetch gives a tile as stored; `null` where there is none */
  constructor(private readonly businessId: string, private readonly fetch: (id: string) => Promise<TileDocument | null>) {}

  /** Fetches the tiles that the work turns out to need. */
  async reading<T>(work: (nodes: MerkleNodes) => T): Promise<T> {
    for (;;) {
      try {
        return work(this);
      } catch (error) {
        if (!(error instanceof TileWanted)) throw error;
        const tile = await this.fetch(error.id);
        const bytes = tile && fromBase64(tile.hashes);
        this.hold(error.id, bytes && new StoredTile(bytes));
      }
    }
  }

  /** @throws {TileWanted} outside of {@link reading}, where the tile is not at hand */
  get(level: number, index: number): Uint8Array | undefined {
    const below = level % TILE_LEVELS;
    const start = index * 2 ** below;
    const count = 2 ** below;
    const id = tileId(this.businessId, (level - below) / TILE_LEVELS, Math.floor(start / TILE_SIZE));
    const tile = this.tiles.get(id);
    if (tile === undefined) throw new TileWanted(id);
    return tile?.root(start % TILE_SIZE, count);
  }

  /** Tiles are written by the read model alone. */
  put(): never {
    throw new Error('the stored tree is read-only here');
  }

  private hold(id: string, tile: StoredTile | null): void {
    for (const oldest of this.tiles.keys()) {
      if (this.tiles.size < TILES_HELD) break;
      this.tiles.delete(oldest);
    }
    this.tiles.set(id, tile);
  }
}
