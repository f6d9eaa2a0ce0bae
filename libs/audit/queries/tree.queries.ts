import { Inject, Injectable } from '@nestjs/common';
import type { Collection } from '@rolebook/document-store';
import type { AuditHeadDocument } from '../projections/audit-log';
import { TileNodes, type TileDocument } from '../projections/merkle-tiles';
import { consistencyPath, inclusionPath, rootHash } from '../proof';

export const AUDIT_HEADS = Symbol('Collection<AuditHeadDocument>');
export const AUDIT_TILES = Symbol('Collection<TileDocument>');

/** The Merkle tree of a business's history: its head, and proofs in it. */
@Injectable()
export class TreeQueries {
  constructor(
    @Inject(AUDIT_HEADS) private readonly heads: Collection<AuditHeadDocument>,
    @Inject(AUDIT_TILES) private readonly tiles: Collection<TileDocument>,
  ) {}

  /** Number of entries; 0 where there is no such history. */
  async size(businessId: string): Promise<number> {
    return (await this.heads.get(businessId))?.size ?? 0;
  }

  /** Businesses with a history, in pages by id. */
  businesses(after: string | null, limit: number): Promise<readonly AuditHeadDocument[]> {
    return this.heads.find({ where: { exists: true }, limit, ...(after !== null && { after: { value: null, id: after } }) });
  }

  nodes(businessId: string): TileNodes {
    return new TileNodes(businessId, (id) => this.tiles.get(id));
  }

  /** @throws {MissingMerkleNode} where the history is not that long */
  rootHash(businessId: string, size: number): Promise<Uint8Array> {
    return this.nodes(businessId).reading((nodes) => rootHash(nodes, size));
  }

  /** @throws {RangeError} where the leaf is not in the tree @throws {MissingMerkleNode} */
  inclusion(businessId: string, leafIndex: number, size: number): Promise<{ readonly leafHash: Uint8Array; readonly path: readonly Uint8Array[] }> {
    return this.nodes(businessId).reading((nodes) => ({ leafHash: nodes.get(0, leafIndex)!, path: inclusionPath(nodes, leafIndex, size) }));
  }

  /** @throws {RangeError} where `from` is larger @throws {MissingMerkleNode} */
  consistency(businessId: string, from: number, to: number): Promise<readonly Uint8Array[]> {
    return this.nodes(businessId).reading((nodes) => consistencyPath(nodes, from, to));
  }
}
