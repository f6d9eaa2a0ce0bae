import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { AuditEntry } from '../audit-entry';
import { signCheckpoint, type Checkpoint } from './checkpoint';
import { writeExport, type ExportItem } from './export-writer';
import { eventLeafHash, type EventText } from './leaf';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { CompactRange, consistencyPath, rootHash } from './merkle-tree';
import { noteKeyId, verifierKey, type NoteSigner, type VerifierKey } from './signed-note';

/** A signing key for specs, made from a seed, so that specs come out the same each time. */
export function signingKey(seed = 1, name = 'rolebook'): { signer: NoteSigner; verifier: VerifierKey; pem: string } {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return {
    signer: { keyId: noteKeyId(name, raw), name, sign: (bytes) => sign(null, bytes, privateKey) },
    verifier: verifierKey(raw, name),
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

export const BUSINESS = '0193e2b0-7c1a-7000-8000-00000000000b';

/** A history of a business for specs: `size` events, its tree, and what a server would answer about it. */
export class History {
  readonly items: ExportItem[] = [];
  readonly nodes = new MemoryMerkleNodes();
  private readonly tree = CompactRange.empty(this.nodes);

  /** @param change makes it another history than the usual one */
  constructor(size: number, readonly key = signingKey(), private readonly businessId = BUSINESS, change: (item: ExportItem) => ExportItem = (item) => item) {
    for (let n = 0; n < size; n++) {
      const item = change(sampleItem(n, businessId));
      this.items.push(item);
      this.tree.append(eventLeafHash(item.event));
    }
  }

  get size(): number {
    return this.tree.size;
  }

  checkpoint(size = this.size): Checkpoint {
    return signCheckpoint({ businessId: this.businessId, size, rootHash: rootHash(this.nodes, size), at: '2026-11-24T10:00:00.000Z' }, this.key.signer);
  }

  consistency(from: number, to: number): { from: number; to: number; path: Uint8Array[] } {
    return { from, to, path: consistencyPath(this.nodes, from, to) };
  }

  /** The lines of an export, without line feeds. */
  async export(options: { filter?: { query: string; keep: (item: ExportItem) => boolean }; at?: string; size?: number; items?: readonly ExportItem[] } = {}): Promise<string[]> {
    const size = options.size ?? this.size;
    const lines: string[] = [];
    const items = (options.items ?? this.items.slice(0, size)).filter(options.filter?.keep ?? (() => true));
    for await (const page of writeExport([items], {
      businessId: this.businessId,
      tree: { size, rootHash: rootHash(this.nodes, size) },
      nodes: this.nodes,
      filter: options.filter?.query ?? null,
      at: options.at ?? '2026-11-24T11:00:00.000Z',
      signer: this.key.signer,
    })) lines.push(...page.map((line) => line.slice(0, -1)));
    return lines;
  }
}

/** How the sample event reads; for verifiers that are told. */
export const SAMPLE_READING = { action: 'user.role-changed', user: 'userId' };

function sampleItem(n: number, businessId: string): ExportItem {
  const suffix = String(n).padStart(12, '0');
  const actor = { type: 'user', id: `0193e2b0-7c1a-7000-9000-${suffix}` } as const;
  const recordedAt = new Date(Date.UTC(2026, 10, 1) + n * 1000).toISOString();
  const userId = `0193e2b0-7c1a-7000-a000-${suffix}`;
  const event: EventText = {
    id: `0193e2b0-7c1a-7000-8000-${suffix}`,
    type: 'UserRoleChanged',
    stream: `user-${businessId}-${userId}`,
    revision: n % 7,
    recordedAt,
    data: JSON.stringify({ userId, from: 'crew', to: 'sales', _sealed: `c2VhbGVk${n}` }),
    metadata: JSON.stringify({ businessId, actor, commandId: 'c', requestId: `r${n}`, sessionId: null, _sealed: 'c2VhbGVk' }),
  };
  const entry: AuditEntry = {
    id: event.id, position: 3 * n + 1, at: recordedAt, action: SAMPLE_READING.action,
    actor: { ...actor, displayName: 'สมหญิง "Ying", the owner' }, user: { id: userId, displayName: `Somchai ${n}` },
    changes: [{ field: 'role', from: 'crew', to: 'sales' }], reason: 'a "proof":{ in the text, \\ and \u2028 too',
    context: { ip: '192.0.2.7', device: 'Chrome on macOS', sessionId: null, requestId: `r${n}` },
  };
  return { entry, event, leafIndex: n };
}
