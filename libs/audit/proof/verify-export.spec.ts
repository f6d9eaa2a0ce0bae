import fc from 'fast-check';
import { parseCheckpoint, signCheckpointNote } from './checkpoint';
import { formatLine, parseLine, readableHash, type EntryProof } from './export-format';
import { eventLeafHash } from './leaf';
import { splitLines } from './lines';
import { rootHash } from './merkle-tree';
import { BUSINESS, History, SAMPLE_READING, signingKey } from './spec-helpers';
import { verifyExport, type ExportVerdict, type VerifyExportOptions } from './verify-export';

/** Two whole segments and a part of a third. */
const history = new History(600);
const { verifier: key } = history.key;
const checkpoint = parseCheckpoint(JSON.stringify(history.checkpoint()));
let lines: string[];
beforeAll(async () => { lines = await history.export(); });

const verify = (changed: readonly string[], options: Partial<VerifyExportOptions> = {}): Promise<ExportVerdict> => verifyExport(changed, { checkpoint, key, ...options });
const where = (verdict: ExportVerdict): (number | null)[] => verdict.problems.map(({ line }) => line);
/** An export with one line replaced. `line` counts from 1, as in the verdict. */
const withLine = (line: number, change: (text: string) => string): string[] => lines.map((text, i) => (i === line - 1 ? change(text) : text));

describe('a whole export', () => {
  it('verifies, and says of what', async () => {
    expect(await verify(lines)).toEqual({
      ok: true, lines: 600, businessId: BUSINESS, size: 600, rootHash: history.checkpoint().rootHash,
      filter: null, exportedAt: '2026-11-24T11:00:00.000Z', problems: [], problemCount: 0,
    });
  });

  it('is nothing but entries: every line is one of the audit log, with its proof', () => {
    expect(lines.map((line) => ({ ...JSON.parse(line), proof: undefined }))).toEqual(history.items.map(({ entry }) => ({ ...entry, proof: undefined })));
  });

  it.each([1, 2, 3, 255, 256, 257, 511, 512, 513])('verifies at %i entries', async (size) => {
    const verdict = await verify(await history.export({ size }), { checkpoint: parseCheckpoint(JSON.stringify(history.checkpoint(size))) });
    expect(verdict).toMatchObject({ ok: true, lines: size, size });
  });

  it('verifies against a checkpoint in the form of a note', async () => {
    const note = signCheckpointNote({ businessId: BUSINESS, size: 600, rootHash: rootHash(history.nodes, 600), at: '2026-11-24T10:00:00.000Z' }, history.key.signer);
    expect(await verify(lines, { checkpoint: parseCheckpoint(note) })).toMatchObject({ ok: true });
  });

  it('verifies against every earlier checkpoint of the same history', async () => {
    for (const size of [0, 1, 300, 512, 599]) {
      expect(await verify(lines, { checkpoint: parseCheckpoint(JSON.stringify(history.checkpoint(size))) })).toMatchObject({ ok: true, size: 600 });
    }
  });

  it('verifies against a later checkpoint with a consistency proof, and not without', async () => {
    const early = await history.export({ size: 400 });
    expect(await verify(early)).toMatchObject({ ok: false, problems: [{ line: null, what: expect.stringContaining('from=400&to=600') }] });
    expect(await verify(early, { consistency: history.consistency(400, 600) })).toMatchObject({ ok: true, size: 400 });
    expect(await verify(early, { consistency: history.consistency(399, 600) })).toMatchObject({ ok: false });
    const { path } = history.consistency(400, 600);
    expect(await verify(early, { consistency: { from: 400, to: 600, path: [...path].reverse() } })).toMatchObject({ ok: false });
  });

  it('verifies as a stream of bytes, wherever the stream is cut', async () => {
    const bytes = Buffer.from(lines.slice(0, 3).join('\n'));
    const few = parseCheckpoint(JSON.stringify(history.checkpoint(3)));
    const whole = Buffer.from(`${(await history.export({ size: 3 })).join('\n')}\n`);
    for (const size of [1, 7, 1000, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));
      expect(await verifyExport(splitLines(chunks), { checkpoint: few, key })).toMatchObject({ ok: true, lines: 3 });
    }
  });

  it('verifies though names change later: an erased person reads differently, the history does not', async () => {
    const items = history.items.map((item) => ({ ...item, entry: { ...item.entry, user: { ...item.entry.user!, displayName: 'Erased user' } } }));
    expect(await verify(await history.export({ items }))).toMatchObject({ ok: true });
  });

  it('reports progress every ten thousand lines, to whoever asks', async () => {
    const long = [...await history.export({ size: 1 }), ...Array<string>(20_000).fill('')];
    const seen: number[] = [];
    await verify(long, { onProgress: (n) => seen.push(n) });
    expect(seen).toEqual([10_000, 20_000]);
    expect(await verify(long)).toMatchObject({ ok: false, lines: 20_001, problemCount: 20_000 });
  });

  it('that cannot be read to its end has no verdict: the error of the file or the network is the caller\'s', async () => {
    const gone = new Error('EIO: i/o error, read');
    async function* broken(): AsyncGenerator<string> {
      yield* lines.slice(0, 10);
      throw gone;
    }
    await expect(verifyExport(broken(), { checkpoint, key })).rejects.toBe(gone);
  });
});

describe('an export that was tampered with fails, and says where', () => {
  it.each(['Somchai 99', 'Ying', '192.0.2.7', 'Chrome on macOS', 'proof', '"position":298', '"sales"}]'])('edited: what people read (%s)', async (part) => {
    const verdict = await verify(withLine(100, (text) => text.replace(part, part.replace(/[a-z0-9]/i, 'X'))));
    expect(verdict.ok).toBe(false);
    expect(new Set(where(verdict))).toEqual(new Set([100]));
  });

  it('edited: the stored event', async () => {
    const verdict = await verify(withLine(100, (text) => text.replace('c2VhbGVk99', 'c2VhbGVk98')));
    expect(verdict).toMatchObject({ ok: false, problems: [{ line: 100, what: expect.stringContaining('stored event is not the one in the history') }] });
  });

  it('edited by somebody who corrects the hash in the line: the segment is named', async () => {
    const event = (proof: EntryProof) => ({ ...proof.event, data: proof.event.data.replace('sales', 'admin') });
    const stored = await verify(withLine(300, (text) => forge(text, (proof) => ({ ...proof, event: event(proof), leafHash: eventLeafHash(event(proof)) }))));
    expect(stored).toMatchObject({ ok: false, problemCount: 1, problems: [{ line: 512, what: expect.stringContaining('lines 257 to 512') }] });
    const read = await verify(withLine(300, (text) => forge(text, (proof, readable) => ({ ...proof, entryHash: readableHash(readable) }), (readable) => readable.replace('Somchai', 'Somsak'))));
    expect(read).toMatchObject({ ok: false, problemCount: 1, problems: [{ line: 512, what: expect.stringContaining('lines 257 to 512') }] });
  });

  it('edited so that it contradicts the stored event beside it, every hash corrected: the line is named as well', async () => {
    for (const [from, to] of [['"requestId":"r299"', '"requestId":"r298"'], ['"id":"0193e2b0-7c1a-7000-9', '"id":"0193e2b0-7c1a-7000-8'], ['T00:04:59.000Z', 'T00:04:58.000Z']] as const) {
      const verdict = await verify(withLine(300, (text) => forge(text, (proof, readable) => ({ ...proof, entryHash: readableHash(readable) }), (readable) => readable.replace(from, to))));
      expect(verdict).toMatchObject({ ok: false, problems: [{ line: 300, what: expect.stringContaining('but the stored event has') }] });
    }
  });

  it('edited in action or user, where the verifier knows how the events read', async () => {
    const readings = (): typeof SAMPLE_READING => SAMPLE_READING;
    expect(await verify(lines, { readings })).toMatchObject({ ok: true });
    for (const [from, to] of [['user.role-changed', 'user.invited'], ['"id":"0193e2b0-7c1a-7000-a', '"id":"0193e2b0-7c1a-7000-b']] as const) {
      const verdict = await verify(withLine(300, (text) => forge(text, (proof, readable) => ({ ...proof, entryHash: readableHash(readable) }), (readable) => readable.replace(from, to))), { readings });
      expect(verdict).toMatchObject({ ok: false, problems: [{ line: 300 }] });
    }
  });

  it('tampered with in the log itself: the export of it names the line', async () => {
    const items = history.items.map((item, i) => (i === 41 ? { ...item, event: { ...item.event, metadata: item.event.metadata.replace('r41', 'r40') }, entry: { ...item.entry, context: { ...item.entry.context, requestId: 'r40' } } } : item));
    expect(await verify(await history.export({ items }))).toMatchObject({ ok: false, problemCount: 1, problems: [{ line: 42, what: expect.stringContaining('in the log or in the export') }] });
  });

  it.each([1, 100, 256, 257, 599])('dropped: line %i', async (line) => {
    const verdict = await verify(lines.filter((_, i) => i !== line - 1));
    expect(verdict).toMatchObject({ ok: false, problemCount: 1, problems: [{ line, what: expect.stringContaining(`entry ${line - 1} is missing before it`) }] });
  });

  it('dropped: a whole segment', async () => {
    expect(await verify([...lines.slice(0, 256), ...lines.slice(512)])).toMatchObject({ ok: false, problemCount: 1, problems: [{ line: 257, what: expect.stringContaining('entries 256 to 511 are missing') }] });
  });

  it('dropped by somebody who renumbers the rest', async () => {
    const kept = lines.filter((_, i) => i !== 99).map((text, i) => forge(text, (proof) => ({ ...proof, leafIndex: i })));
    const verdict = await verify(kept);
    expect(verdict).toMatchObject({ ok: false, problems: [{ line: 255, what: expect.stringContaining('255 lines before it') }] });
  });

  it('reordered: two neighbours', async () => {
    const swapped = [...lines];
    [swapped[99], swapped[100]] = [swapped[100]!, swapped[99]!];
    const verdict = await verify(swapped);
    expect(verdict.ok).toBe(false);
    expect(new Set(where(verdict))).toEqual(new Set([100, 101]));
  });

  it('reordered: two segments', async () => {
    const verdict = await verify([...lines.slice(256, 512), ...lines.slice(0, 256), ...lines.slice(512)]);
    expect(where(verdict)).toEqual(expect.arrayContaining([1, 257]));
  });

  it('added: a line of its own, a repeated line, a line after the end', async () => {
    const made = forge(lines[99]!, (proof) => ({ ...proof, event: { ...proof.event, id: 'new' } }));
    expect(where(await verify([...lines.slice(0, 100), made, ...lines.slice(100)]))).toContain(101);
    expect(new Set(where(await verify([...lines.slice(0, 100), lines[99]!, ...lines.slice(100)])))).toEqual(new Set([101]));
    expect(await verify([...lines, lines[99]!])).toMatchObject({ ok: false, problems: [{ line: 601, what: expect.stringContaining('added') }] });
    expect(await verify([...lines, ''])).toMatchObject({ ok: false, problems: [{ line: 601 }] });
  });

  it.each([1, 255, 256, 512, 599])('truncated after line %i', async (line) => {
    expect(await verify(lines.slice(0, line))).toMatchObject({ ok: false, problemCount: 1, problems: [{ line, what: expect.stringContaining('cut off') }] });
  });

  it('truncated in the middle of a line', async () => {
    expect(where(await verify([...lines.slice(0, 99), lines[99]!.slice(0, -20)]))).toEqual([100, 100]);
  });

  it('truncated to an older, complete export: the checkpoint is over more', async () => {
    expect(await verify(await history.export({ size: 599 }))).toMatchObject({ ok: false, problems: [{ line: null, what: expect.stringContaining('cut off') }] });
  });

  it('emptied', async () => {
    expect(await verify([])).toMatchObject({ ok: false, problems: [{ line: null, what: 'the export is empty: there is nothing to prove' }] });
  });

  it('mixed from two exports', async () => {
    const other = await history.export({ at: '2026-11-24T12:00:00.000Z' });
    expect(await verify([...lines.slice(0, 256), ...other.slice(256)])).toMatchObject({ ok: false, problems: [{ line: 512, what: expect.stringContaining('mixed') }, { line: 600 }] });
  });

  it('of another business, or signed by another key', async () => {
    const strange = new History(600, signingKey(2));
    expect(await verify(await strange.export())).toMatchObject({ ok: false, problems: expect.arrayContaining([{ line: 256, what: expect.stringContaining('not signed by the given key') }]) });
    const neighbour = new History(600, signingKey(), BUSINESS.replace(/b$/, 'c'));
    expect(await verify(await neighbour.export())).toMatchObject({ ok: false, problems: [{ line: null, what: expect.stringContaining('another business') }] });
    const neighbours = await neighbour.export();
    expect(where(await verify([...lines.slice(0, 100), neighbours[100]!, ...lines.slice(101)]))).toContain(101);
  });

  it('of a history that forked: the checkpoint shows another one', async () => {
    const rewritten = new History(600, signingKey(), BUSINESS, (item) => (item.leafIndex === 10 ? { ...item, event: { ...item.event, data: '{"userId":"x"}' } } : item));
    const forked = await rewritten.export();
    expect(await verify(forked, { checkpoint: parseCheckpoint(JSON.stringify(rewritten.checkpoint())) })).toMatchObject({ ok: true });
    expect(await verify(forked)).toMatchObject({ ok: false, problems: [{ line: null, what: expect.stringContaining('another history') }] });
  });

  it('with a checkpoint that was changed', async () => {
    const changed = parseCheckpoint(JSON.stringify({ ...history.checkpoint(), size: 599 }));
    expect(await verify(lines, { checkpoint: changed })).toMatchObject({ ok: false, problems: [{ line: null, what: expect.stringContaining('cannot be believed') }] });
  });

  it('keeps the first problems and counts all; a line that never ends is read no further', async () => {
    expect(await verify(Array.from({ length: 500 }, () => 'x'), { mostProblems: 10 })).toMatchObject({ ok: false, problemCount: 501, problems: { length: 10 } });
    const tooLong = splitLines([Buffer.from('x'.repeat(200))], 100);
    expect(await verifyExport(tooLong, { checkpoint, key })).toMatchObject({ ok: false, problems: [{ line: 1, what: expect.stringContaining('longer than 100 bytes') }, { line: null }] });
  });
});

describe('any single change of an export fails', () => {
  const small = new History(5);
  const options = { checkpoint: parseCheckpoint(JSON.stringify(small.checkpoint())), key };
  let file: Buffer;
  beforeAll(async () => { file = Buffer.from((await small.export()).join('\n')); });

  it('of a bit', async () => {
    await fc.assert(fc.asyncProperty(fc.nat({ max: 8 * file.length - 1 }), async (bit) => {
      const changed = Buffer.from(file);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect((await verifyExport(splitLines([changed]), options)).ok).toBe(false);
    }), { numRuns: 1500 });
  });

  it('by inserting, deleting or repeating bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.nat(), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }), async (at, length, by) => {
      const start = at % file.length;
      const changed = Buffer.concat([file.subarray(0, start), by, file.subarray(start + length)]);
      fc.pre(!changed.equals(file) && !changed.equals(Buffer.concat([file, Buffer.of(10)])));
      expect((await verifyExport(splitLines([changed]), options)).ok).toBe(false);
    }), { numRuns: 1500 });
  });

  it('by writing the same JSON differently', async () => {
    const texts = file.toString().split('\n');
    const rewritten = [
      (line: string) => ` ${line}`, (line: string) => `${line}\r`, (line: string) => line.replace('"leafIndex":', '"leafIndex": '),
      (line: string) => line.replace('"proof":{"leafIndex"', '"proof":{"more":1,"leafIndex"'), (line: string) => line.replace(',"leafHash":', ',"leafHash":"",'.concat('"leafHash":')),
      (line: string) => line.replace('"revision":0', '"revision":0.0'), (line: string) => line.replace('UserRoleChanged', '\\u0055serRoleChanged'),
      (line: string) => line.replace('"id":', '"id":"x","id":'), (line: string) => JSON.stringify({ ...JSON.parse(line), extra: true }),
    ];
    for (const rewrite of rewritten) {
      const verdict = await verifyExport([rewrite(texts[0]!), ...texts.slice(1)], options);
      expect(verdict.ok).toBe(false);
      expect(new Set(where(verdict))).toEqual(new Set([1]));
    }
  });
});

describe('a filtered export', () => {
  const filter = { query: 'action=user.role-changed&from=2026-11-01T00%3A00%3A00.000Z', keep: ({ leafIndex }: { leafIndex: number }) => leafIndex % 2 === 1 };
  let filtered: string[];
  beforeAll(async () => { filtered = await history.export({ filter }); });

  it('verifies each entry by its own inclusion path, and names its filter', async () => {
    expect(await verify(filtered)).toMatchObject({ ok: true, lines: 300, size: 600, filter: filter.query });
  });

  it('verifies against a checkpoint of another size with a consistency proof only', async () => {
    const early = parseCheckpoint(JSON.stringify(history.checkpoint(500)));
    expect(await verify(filtered, { checkpoint: early })).toMatchObject({ ok: false, problems: [{ what: expect.stringContaining('from=500&to=600') }] });
    expect(await verify(filtered, { checkpoint: early, consistency: history.consistency(500, 600) })).toMatchObject({ ok: true });
  });

  it('fails where an entry was edited, dropped, repeated, reordered or cut off', async () => {
    const at = (line: number, text: string) => filtered.map((old, i) => (i === line - 1 ? text : old));
    expect(where(await verify(at(50, filtered[49]!.replace('Somchai', 'Somsak'))))).toEqual([50]);
    expect((await verify(filtered.filter((_, i) => i !== 49))).ok).toBe(false);
    expect(where(await verify([...filtered.slice(0, 50), filtered[49]!, ...filtered.slice(50)]))).toContain(51);
    expect(where(await verify([...filtered.slice(0, 49), filtered[50]!, filtered[49]!, ...filtered.slice(51)]))).toContain(51);
    expect(where(await verify(filtered.slice(0, 256)))).toEqual([256]);
  });

  it('fails where an event or its place was forged, hashes corrected: the line is named', async () => {
    const event = (proof: EntryProof) => ({ ...proof.event, data: '{"userId":"x"}' });
    const forged = filtered.map((text, i) => (i === 9 ? forge(text, (proof) => ({ ...proof, event: event(proof), leafHash: eventLeafHash(event(proof)) })) : text));
    expect(await verify(forged)).toMatchObject({ ok: false, problems: [{ line: 10, what: expect.stringContaining('not entry 19 of the history') }] });
    const moved = filtered.map((text, i) => (i === 9 ? forge(text, (proof) => ({ ...proof, leafIndex: 18 })) : text));
    expect(where(await verify(moved))).toEqual([10]);
  });

  it('fails where its paths were taken out, or a whole export is passed off as filtered', async () => {
    const bare = filtered.map((text) => forge(text, ({ path: _, ...proof }) => proof));
    expect((await verify(bare)).ok).toBe(false);
    const dressed = lines.map((text) => forge(text, (proof) => ({ ...proof, path: proof.path ?? [] })));
    expect((await verify(dressed)).ok).toBe(false);
  });
});

function forge(line: string, change: (proof: EntryProof, readable: string) => EntryProof, edit: (readable: string) => string = (readable) => readable): string {
  const readable = edit(line.slice(0, line.lastIndexOf(',"proof":{')));
  return formatLine(readable, change(parseLine(line).proof, readable));
}
