import fc from 'fast-check';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { DocumentStore } from '@rolebook/document-store';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import type { LoggedEvent } from '@rolebook/event-store';
import type { Delivery } from '@rolebook/projecting';
import { CompactRange, eventLeafHash, MemoryMerkleNodes, rootHash } from '../proof';
import { auditHeads, auditLog, AuditReadModel, auditTiles, momentOf, type AuditDocument, type AuditHeadDocument } from './audit-log';
import { Brittle } from './spec-helpers';
import { TileNodes, type TileDocument } from './merkle-tiles';

const definitions: Record<string, { action: string; user: string | null }> = { Happened: { action: 'thing.happened', user: 'userId' } };
const definitionOf = (type: string) => definitions[type];

function logged(position: number, businessId: string, over: Partial<LoggedEvent> = {}): Delivery {
  const stored: LoggedEvent = {
    id: `e${position}`, type: 'Happened', stream: `thing-${position}`, revision: 0, position, recordedAt: new Date(Date.UTC(2026, 0, 1) + position).toISOString(),
    data: JSON.stringify({ userId: `u${position % 3}` }), metadata: JSON.stringify({ businessId, actor: { type: 'user', id: `a${position % 2}` } }), ...over,
  };
  return { stored, recorded: new UnreadableEvent('not decoded here') };
}

async function fresh(documents: DocumentStore): Promise<AuditReadModel> {
  const model = new AuditReadModel(definitionOf);
  await model.open(documents);
  return model;
}

/** Everything that is kept, for comparison. */
async function contents(documents: DocumentStore): Promise<unknown> {
  const dump = async (spec: typeof auditLog) => (await (await documents.open(spec)).scan({ limit: 10_000 })).map(({ document }) => document);
  return { entries: await dump(auditLog), tiles: await dump(auditTiles), heads: await dump(auditHeads) };
}

describe('the read model of the audit log', () => {
  it('gives every event of a business the next leaf, in the order of the log', async () => {
    const documents = new InMemoryDocumentStore();
    const model = await fresh(documents);
    await model.apply([logged(1, 'a'), logged(2, 'b'), logged(5, 'a'), logged(9, 'a')], 9);
    const entries = await (await documents.open<AuditDocument>(auditLog)).find({ where: { businessId: 'a' }, sort: { field: 'moment', direction: 'asc' }, limit: 10 });
    expect(entries).toEqual([
      { id: 'e1', businessId: 'a', position: 1, leafIndex: 0, recordedAt: '2026-01-01T00:00:00.001Z', moment: momentOf('2026-01-01T00:00:00.001Z', 0), actor: 'a1', user: 'u1', action: 'thing.happened' },
      { id: 'e5', businessId: 'a', position: 5, leafIndex: 1, recordedAt: '2026-01-01T00:00:00.005Z', moment: momentOf('2026-01-01T00:00:00.005Z', 1), actor: 'a1', user: 'u2', action: 'thing.happened' },
      { id: 'e9', businessId: 'a', position: 9, leafIndex: 2, recordedAt: '2026-01-01T00:00:00.009Z', moment: momentOf('2026-01-01T00:00:00.009Z', 2), actor: 'a1', user: 'u0', action: 'thing.happened' },
    ]);
    expect(await (await documents.open<AuditHeadDocument>(auditHeads)).get('b')).toEqual({ id: 'b', exists: true, size: 1, position: 2, latest: '2026-01-01T00:00:00.002Z' });
  });

  it('keeps what it cannot read, with its leaf', async () => {
    const documents = new InMemoryDocumentStore();
    const model = await fresh(documents);
    await model.apply([logged(1, 'a', { type: 'OfTheFuture' }), logged(2, 'a', { data: 'no json' }), logged(3, 'a', { metadata: 'no json' })], 3);
    const entries = await documents.open<AuditDocument>(auditLog);
    expect(await entries.get('e1')).toEqual(expect.objectContaining({ action: 'unknown', user: null, leafIndex: 0 }));
    expect(await entries.get('e2')).toEqual(expect.objectContaining({ action: 'thing.happened', user: null, leafIndex: 1 }));
    expect(await entries.get('e3')).toEqual(expect.objectContaining({ businessId: '', actor: 'system', leafIndex: 0 }));
  });

  it('never goes back in time, though a clock did', async () => {
    const documents = new InMemoryDocumentStore();
    const model = await fresh(documents);
    await model.apply([logged(1, 'a', { recordedAt: '2026-01-02T00:00:00.000Z' }), logged(2, 'a', { recordedAt: '2026-01-01T00:00:00.000Z' })], 2);
    expect(await (await documents.open<AuditDocument>(auditLog)).get('e2')).toEqual(expect.objectContaining({ recordedAt: '2026-01-01T00:00:00.000Z', moment: momentOf('2026-01-02T00:00:00.000Z', 1) }));
  });

  it('goes on where it is opened while its collections are being replaced by ones that are further, the heads last', async () => {
    const [behind, ahead] = [new InMemoryDocumentStore(), new InMemoryDocumentStore()];
    await (await fresh(behind)).apply([logged(1, 'a')], 1);
    await (await fresh(ahead)).apply([logged(1, 'a'), logged(2, 'a'), logged(3, 'a')], 3);
    let opened = 0;
    const model = new AuditReadModel(definitionOf);
    // All of them are replaced right after the first is opened.
    await model.open({ open: (spec) => (opened++ === 0 ? behind : ahead).open(spec) });
    await expect(model.apply([logged(2, 'a'), logged(3, 'a'), logged(4, 'a')], 4)).resolves.toBeUndefined();
    expect(await (await behind.open<AuditHeadDocument>(auditHeads)).get('a')).toEqual(expect.objectContaining({ size: 4, position: 4 }));
  });

  it('has the tree that RFC 9162 makes of the stored events', async () => {
    const documents = new InMemoryDocumentStore();
    const model = await fresh(documents);
    const deliveries = Array.from({ length: 600 }, (_, n) => logged(n + 1, 'a'));
    for (let n = 0; n < 600; n += 70) await model.apply(deliveries.slice(n, n + 70), Math.min(600, n + 70));
    const nodes = new MemoryMerkleNodes();
    const range = CompactRange.empty(nodes);
    for (const { stored } of deliveries) range.append(eventLeafHash(stored));
    const tiles = await documents.open<TileDocument>(auditTiles);
    const stored = new TileNodes('a', (id) => tiles.get(id));
    for (const size of [1, 255, 256, 257, 599, 600]) expect(await stored.reading((n) => rootHash(n, size))).toEqual(rootHash(nodes, size));
  });
});

it('comes to the same documents, whatever is cut off and delivered again', async () => {
  const history = Array.from({ length: 40 }, (_, n) => logged(n + 1, `b${(n * 7) % 3}`));
  const undisturbed = new InMemoryDocumentStore();
  await (await fresh(undisturbed)).apply(history, 40);
  const expected = await contents(undisturbed);
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 0, max: 60 })), { maxLength: 12 }), async (attempts) => {
    const documents = new Brittle();
    for (const [length, budget] of [...attempts, [40, Number.POSITIVE_INFINITY] as const, [40, Number.POSITIVE_INFINITY] as const]) {
      const model = await fresh(documents);
      const after = await (await documents.open(auditHeads)).checkpoint();
      documents.budget = budget;
      for (let from = after; from < 40 && documents.budget > 0; from += length) {
        const batch = history.slice(from, from + length);
        if (await model.apply(batch, batch.at(-1)!.stored.position).then(() => false, () => true)) break;
      }
      documents.budget = Number.POSITIVE_INFINITY;
    }
    expect(await contents(documents)).toEqual(expected);
  }), { numRuns: 150 });
});
