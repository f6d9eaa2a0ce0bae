import { parseLine } from './export-format';
import { parseSeal } from './export-seal';
import { writeExport, type ExportDescription, type ExportItem } from './export-writer';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { MissingMerkleNode, rootHash } from './merkle-tree';
import { BUSINESS, History } from './spec-helpers';

const history = new History(300);
const { items, nodes, key } = history;
const exportOf = (size: number, filter: string | null = null): ExportDescription =>
  ({ businessId: BUSINESS, tree: { size, rootHash: rootHash(nodes, size) }, nodes, filter, at: '2026-11-24T11:00:00.000Z', signer: key.signer });

/** The lines of an export of these items, in pages of so many. */
async function written(of: readonly ExportItem[], description: ExportDescription, pageSize = 7): Promise<string[]> {
  const pages = Array.from({ length: Math.ceil(of.length / pageSize) }, (_, n) => of.slice(n * pageSize, (n + 1) * pageSize));
  const lines: string[] = [];
  for await (const page of writeExport(pages, description)) lines.push(...page);
  return lines;
}
const proofs = async (of: readonly ExportItem[], description: ExportDescription) => (await written(of, description)).map((line) => parseLine(line.slice(0, -1)).proof);
/** The numbers, from 1, of the lines that have it. */
const having = (all: readonly { readonly path?: unknown; readonly seal?: unknown }[], what: 'path' | 'seal') => all.flatMap((proof, i) => (proof[what] === undefined ? [] : [i + 1]));

describe('writing an export', () => {
  it('of a whole history puts a seal and the path of its block on the last line of each segment, and on no other', async () => {
    const all = await proofs(items, exportOf(300));
    expect([having(all, 'path'), having(all, 'seal')]).toEqual([[256, 300], [256, 300]]);
    expect(all.map(({ leafIndex }) => leafIndex)).toEqual(items.map(({ leafIndex }) => leafIndex));
    const seals = all.flatMap(({ seal }) => (seal === undefined ? [] : [parseSeal(seal).statement]));
    expect(seals.map(({ from, to, end, filter, businessId, at }) => ({ from, to, end, filter, businessId, at }))).toEqual([
      { from: 1, to: 256, end: false, filter: null, businessId: BUSINESS, at: '2026-11-24T11:00:00.000Z' }, { from: 257, to: 300, end: true, filter: null, businessId: BUSINESS, at: '2026-11-24T11:00:00.000Z' },
    ]);
  });

  it('of a filtered one puts its own path on each', async () => {
    const all = await proofs([items[3]!, items[4]!, items[299]!], exportOf(300, 'user=x'));
    expect([having(all, 'path'), having(all, 'seal')]).toEqual([[1, 2, 3], [3]]);
    expect(parseSeal(all[2]!.seal!).statement).toMatchObject({ from: 1, to: 3, end: true, filter: 'user=x' });
  });

  it('comes out the same whatever its pages are', async () => {
    const all = await written(items, exportOf(300));
    for (const size of [1, 256, 300]) expect(await written(items, exportOf(300), size)).toEqual(all);
  });

  it('takes a page when the lines of the one before were taken, and no sooner', async () => {
    const taken: number[] = [];
    function* pages() {
      for (let n = 0; n < 3; n++) {
        taken.push(n);
        yield [items[n]!];
      }
    }
    const lines = writeExport(pages(), exportOf(3));
    await lines.next();
    expect(taken).toEqual([0]);
    await lines.next();
    expect(taken).toEqual([0, 1]);
  });

  it('of nothing writes nothing', async () => {
    expect(await written([], exportOf(0))).toEqual([]);
    expect(await written([], exportOf(300, 'user=x'))).toEqual([]);
  });

  const OUT_OF_TURN = (n: number, size: number) => new RangeError(`entry ${n} of a history of ${size} is out of turn in its export`);
  it.each<[string, readonly number[], number, string | null, Error]>([
    ['one beyond the history', [0, 1, 2], 2, null, OUT_OF_TURN(2, 2)],
    ['one beyond the history, filtered', [1, 2], 2, 'user=x', OUT_OF_TURN(2, 2)],
    ['one left out', [0, 2], 3, null, OUT_OF_TURN(2, 3)],
    ['one twice', [0, 0], 2, null, OUT_OF_TURN(0, 2)],
    ['one twice, filtered', [1, 1], 2, 'user=x', OUT_OF_TURN(1, 2)],
    ['an earlier one, filtered', [2, 1], 3, 'user=x', OUT_OF_TURN(1, 3)],
    ['too few', [0, 1], 3, null, new RangeError('the export of a history of 3 entries got 2')],
  ])('refuses %s', async (_what, which, size, filter, error) => {
    await expect(written(which.map((n) => items[n]!), exportOf(size, filter))).rejects.toEqual(error);
  });

  it('refuses a history whose tree does not reach as far', async () => {
    const description = { ...exportOf(1), nodes: new MemoryMerkleNodes() };
    await expect(written([items[0]!], description)).rejects.toEqual(new MissingMerkleNode(0, 0));
  });
});
