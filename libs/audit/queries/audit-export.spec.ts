import type { Readable } from 'node:stream';
import type { AuditDocument } from '../projections/audit-log';
import { TileEdge, type TileDocument } from '../projections/merkle-tiles';
import { eventLeafHash, parseCheckpoint, splitLines, verifyExport } from '../proof';
import { BUSINESS, History } from '../proof/spec-helpers';
import type { AuditEntries } from './audit-entries';
import { AuditExport } from './audit-export';
import { AuditQueries, EVERYTHING } from './audit.queries';
import { TreeQueries } from './tree.queries';

const SIZE = 1_300;
const PAGE = 64;
const history = new History(SIZE);
const tiles = new Map<string, TileDocument>();
{
  const edge = TileEdge.load(BUSINESS, 0, new Map());
  for (const { event } of history.items) edge.append(eventLeafHash(event));
  for (const tile of edge.takeChanged(BUSINESS)) tiles.set(tile.id, tile);
}

/** An export of that history; counts the pages that were read for it. */
class Export {
  pagesRead = 0;

  async open(format: 'ndjson' | 'csv'): Promise<Readable> {
    const find = async ({ after, limit }: { after?: { value: string }; limit: number }) => {
      this.pagesRead++;
      const from = after ? Number(after.value) + 1 : 0;
      return history.items.slice(from, from + limit).map(({ leafIndex, event }) => ({ leafIndex, id: event.id, moment: String(leafIndex) }));
    };
    const entries = { read: async (_: string, page: readonly AuditDocument[]) => page.map(({ leafIndex }) => history.items[leafIndex]!) };
    const trees = new TreeQueries({ get: async () => ({ size: SIZE }) } as never, { get: async (id: string) => tiles.get(id) ?? null } as never);
    const exports = new AuditExport(new AuditQueries({ find } as never, entries as unknown as AuditEntries, []), trees, history.key.signer);
    return format === 'ndjson' ? exports.ndjson(BUSINESS, EVERYTHING, '2026-11-24T11:00:00.000Z') : exports.csv(BUSINESS, EVERYTHING, 'asc');
  }

  /** Until all is done that can be done without the reader. */
  async comesToRest(): Promise<void> {
    for (let before = -1, turns = 0; turns < 30; turns = before === this.pagesRead ? turns + 1 : 0, before = this.pagesRead) await new Promise(setImmediate);
  }
}

describe.each(['ndjson', 'csv'] as const)('an export as %s, in flat memory', (format) => {
  it('reads nothing before anybody takes it, and then waits for them', async () => {
    const exported = new Export();
    const stream = await exported.open(format);
    await exported.comesToRest();
    expect(exported.pagesRead).toBe(0);
    stream.read(0);
    await exported.comesToRest();
    expect(exported.pagesRead).toBeLessThanOrEqual(2);
    stream.destroy();
  });

  it('is never more than two pages ahead of a reader, however slow', async () => {
    const exported = new Export();
    const stream = await exported.open(format);
    const ahead: number[] = [];
    for await (const _ of stream) {
      await exported.comesToRest();
      ahead.push(exported.pagesRead - ahead.length - 1);
    }
    expect(ahead.length).toBeGreaterThanOrEqual(SIZE / PAGE);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(2);
  });

  it('comes as bytes, a chunk a page: texts would grow old while they wait', async () => {
    for await (const chunk of await new Export().open(format)) {
      expect(chunk).toBeInstanceOf(Buffer);
      expect(String(chunk).split('\n').length).toBeLessThanOrEqual(PAGE + 2);
    }
  });

  it('reads no further when its reader hangs up', async () => {
    const exported = new Export();
    const stream = await exported.open(format);
    for await (const _ of stream) break;
    await exported.comesToRest();
    expect(stream.destroyed).toBe(true);
    expect(exported.pagesRead).toBeLessThanOrEqual(3);
  });
});

it('an export as ndjson verifies, though it comes in pages that are none of the proof', async () => {
  const verdict = await verifyExport(splitLines((await new Export().open('ndjson')) as AsyncIterable<Uint8Array>), {
    checkpoint: parseCheckpoint(JSON.stringify(history.checkpoint())), key: history.key.verifier,
  });
  expect(verdict).toEqual(expect.objectContaining({ ok: true, problems: [], lines: SIZE }));
});
