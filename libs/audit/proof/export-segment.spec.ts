import type { SealStatement } from './export-seal';
import { Segment } from './export-segment';
import { MemoryMerkleNodes } from './memory-merkle-nodes';
import { leafHash } from './merkle-hash';
import { CompactRange, inclusionPath, rootHash } from './merkle-tree';
import { Problems } from './problems';

const SIZE = 600;
const leaf = (n: number) => leafHash(Buffer.from(`leaf ${n}`));
const entry = (n: number) => leafHash(Buffer.from(`entry ${n}`));
const nodes = new MemoryMerkleNodes();
const whole = CompactRange.empty(nodes);
for (let n = 0; n < SIZE; n++) whole.append(leaf(n));
const tree = { size: SIZE, rootHash: rootHash(nodes, SIZE) };
const blockPath = (from: number) => inclusionPath(nodes, from - 1, SIZE, 8);
const ownPath = (n: number) => inclusionPath(nodes, n, SIZE);

function entriesRoot(from: number, to: number): Uint8Array {
  const entries = CompactRange.empty();
  for (let n = from - 1; n < to; n++) entries.append(entry(n));
  return entries.root();
}

/** Of the lines `from` to `to`, each an entry of the same number. */
const sealOf = (from: number, to: number, more: Partial<SealStatement> = {}): SealStatement =>
  ({ businessId: 'b1', from, to, end: to === SIZE, entriesRoot: entriesRoot(from, to), tree, filter: null, at: 'now', ...more });

interface Case {
  readonly from: number;
  readonly to: number;
  readonly seal?: Partial<SealStatement>;
  readonly next?: number;
  /** By number of the line. */
  readonly paths?: (line: number) => readonly Uint8Array[] | undefined;
  readonly leafOf?: (n: number) => Uint8Array;
  /** A problem that its lines have told already. */
  readonly before?: boolean;
}

function close({ from, to, seal = {}, next = from, paths = (line) => (line === to ? blockPath(from) : undefined), leafOf = leaf, before = false }: Case): readonly unknown[] {
  const problems = new Problems(10);
  const segment = new Segment(from, problems);
  for (let line = from; line <= to; line++) {
    const path = paths(line);
    segment.add(line, leafOf(line - 1), entry(line - 1), { leafIndex: line - 1, event: {} as never, leafHash: leaf(0), entryHash: entry(0), ...(path && { path }) });
  }
  if (before) problems.add(from, 'told by a line');
  segment.close(to, sealOf(from, to, seal), next);
  return problems.kept;
}
const FORGED = (lines: string) => `the events in ${lines} are not those of the history: one was changed together with its leafHash, or the path was`;

describe('a segment of a whole export', () => {
  it.each([[1, 256], [257, 512], [513, 600]])('is a block of the tree: lines %i to %i', (from, to) => {
    expect(close({ from, to })).toEqual([]);
  });

  it('counts its lines', () => {
    const segment = new Segment(1, new Problems(1));
    expect(segment.size).toBe(0);
    segment.add(1, leaf(0), entry(0), { leafIndex: 0 } as never);
    expect(segment.size).toBe(1);
  });

  const SEALED = (from: number, to: number) => `the seal is over entries ${from} to ${to}`;
  it.each<[string, Case, string]>([
    ['a seal of other lines', { from: 257, to: 512, next: 1 }, `${SEALED(257, 512)}, but 1 comes next here: lines before it were dropped, added or reordered`],
    ['a seal over more lines', { from: 257, to: 512, seal: { to: 513 } }, `${SEALED(257, 513)}, but there are 256 lines before it: lines were dropped or added`],
    ['a seal over fewer lines', { from: 257, to: 512, seal: { to: 511 } }, `${SEALED(257, 511)}, but there are 256 lines before it: lines were dropped or added`],
    ['other entries', { from: 257, to: 512, seal: { entriesRoot: entry(0) } }, 'what people read in lines 257 to 512 is not what was exported: an entry was changed together with its entryHash'],
    ['other events', { from: 257, to: 512, leafOf: (n) => leaf(n === 300 ? 0 : n) }, FORGED('lines 257 to 512')],
    ['no path', { from: 257, to: 512, paths: () => undefined }, FORGED('lines 257 to 512')],
    ['the path of another block', { from: 257, to: 512, paths: (line) => (line === 512 ? blockPath(1) : undefined) }, FORGED('lines 257 to 512')],
    ['its path on another line', { from: 257, to: 512, paths: (line) => (line === 511 ? blockPath(257) : undefined) }, FORGED('lines 257 to 512')],
    ['a path on another line too', { from: 257, to: 512, paths: (line) => (line >= 511 ? blockPath(257) : undefined) }, FORGED('lines 257 to 512')],
    ['an end before the history ends', { from: 257, to: 512, seal: { end: true } }, FORGED('lines 257 to 512')],
    ['the last block as one that others follow', { from: 513, to: 600, seal: { end: false } }, FORGED('lines 513 to 600')],
    ['lines that begin between two blocks', { from: 129, to: 384, paths: (line) => (line === 384 ? blockPath(1) : undefined) }, FORGED('lines 129 to 384')],
    ['a single line of it', { from: 600, to: 600, paths: () => [] }, FORGED('line 600')],
  ])('is refused with %s', (_what, given, what) => {
    expect(close(given)).toEqual([{ line: given.to, what }]);
    expect(close({ ...given, before: true })).toEqual([{ line: given.from, what: 'told by a line' }]);
  });
});

describe('a segment of a filtered export', () => {
  const filtered = (more: Partial<Case> = {}): Case => ({ from: 10, to: 12, seal: { filter: 'a=b' }, paths: (line) => ownPath(line - 1), ...more });
  const FORGED_ENTRY = (n: number) => `the event is not entry ${n} of the history: the event, its place or its path was changed`;

  it('is lines each of which has its own path', () => {
    expect(close(filtered())).toEqual([]);
  });

  it('is refused line by line', () => {
    const forged = filtered({ leafOf: (n) => leaf(n === 10 ? n : n + 1) });
    expect(close(forged)).toEqual([{ line: 10, what: FORGED_ENTRY(9) }, { line: 12, what: FORGED_ENTRY(11) }]);
    expect(close({ ...forged, before: true })).toEqual([{ line: 10, what: 'told by a line' }]);
  });

  it('is refused without its paths', () => {
    const bare = filtered({ paths: (line) => (line === 11 ? undefined : ownPath(line - 1)) });
    expect(close(bare)).toEqual([{ line: null, what: 'in lines 10 to 12 inclusion paths are missing: they were taken out' }]);
    expect(close(filtered({ from: 10, to: 10, paths: () => undefined }))).toEqual([{ line: null, what: 'in line 10 inclusion paths are missing: they were taken out' }]);
    expect(close({ ...bare, before: true })).toEqual([{ line: 10, what: 'told by a line' }]);
  });
});

describe('a segment without a seal', () => {
  const added = (lines: number, before = false) => {
    const problems = new Problems(10);
    const segment = new Segment(1, problems);
    if (before) problems.add(1, 'told by a line');
    for (let line = 1; line <= lines; line++) segment.add(line, leaf(0), entry(0), { leafIndex: 0 } as never);
    return problems.kept;
  };

  it('is told once, at the first line too many', () => {
    expect(added(256)).toEqual([]);
    expect(added(300)).toEqual([{ line: 257, what: 'a seal is missing before this line: lines were changed, added or dropped' }]);
    expect(added(300, true)).toEqual([{ line: 1, what: 'told by a line' }]);
  });
});
