import { parseCheckpoint } from './checkpoint';
import { formatLine, parseLine, readableHash, type EntryProof } from './export-format';
import { parseSeal, signSeal, type SealStatement } from './export-seal';
import { BUSINESS, History, signingKey } from './spec-helpers';
import { verifyExport } from './verify-export';

/** A whole segment and a part of a second: seals on lines 256 and 300. */
const history = new History(300);
const { signer, verifier } = history.key;
const other = signingKey(2);
const checkpoint = parseCheckpoint(JSON.stringify(history.checkpoint()));
let lines: string[];
beforeAll(async () => { lines = await history.export(); });

const verify = async (changed: readonly (string | Uint8Array)[]) => (await verifyExport(changed, { checkpoint, key: verifier })).problems;
/** The export with the proof of one line another. `line` counts from 1. */
const withProof = (line: number, change: (proof: EntryProof) => Partial<EntryProof>, from = lines): string[] => from.map((text, i) => {
  if (i !== line - 1) return text;
  const { proof } = parseLine(text);
  return formatLine(text.slice(0, text.lastIndexOf(',"proof":{')), { ...proof, ...change(proof) });
});
/** One seal says something else, and is signed again. */
const withSeal = (line: number, change: Partial<SealStatement>, by = signer, from = lines): string[] =>
  withProof(line, ({ seal }) => ({ seal: signSeal({ ...parseSeal(seal!).statement, ...change }, by) }), from);

describe('seals of an export', () => {
  it('that cannot be read are one problem each, and what follows is checked all the same', async () => {
    expect(await verify(withProof(256, () => ({ seal: 'x' })))).toEqual([{ line: 256, what: 'the seal cannot be read: this is no signed note' }]);
    expect(await verify(withProof(300, () => ({ seal: 'x' })))).toEqual([
      { line: 300, what: 'the seal cannot be read: this is no signed note' }, { line: 300, what: 'the export breaks off after this line: what follows was cut off' },
    ]);
  });

  it('are signed by the given key: another is named', async () => {
    const what = `the seal is not signed by the given key (rolebook ${verifier.keyId}): it was changed, or is signed by another (rolebook ${other.verifier.keyId})`;
    expect(await verify(withSeal(256, {}, other.signer))).toEqual([{ line: 256, what }]);
  });

  const MIXED = 'the seal is of another export: lines of two exports were mixed';
  it.each<[string, Partial<SealStatement>]>([
    ['another moment', { at: '2026-11-24T12:00:00.000Z' }], ['a filter', { filter: 'user=x' }], ['another size', { tree: { size: 301, rootHash: history.consistency(1, 300).path[0]! } }], ['another business', { businessId: `${BUSINESS.slice(0, -1)}c` }],
  ])('are of one export: %s is another', async (_what, change) => {
    expect(await verify(withSeal(300, change))).toContainEqual({ line: 300, what: MIXED });
  });

  it('are of one tree: another size or another root alone is another', async () => {
    const { tree } = parseSeal(parseLine(lines[299]!).proof.seal!).statement;
    for (const changed of [{ ...tree, size: 301 }, { ...tree, rootHash: parseLine(lines[0]!).proof.leafHash }]) expect(await verify(withSeal(300, { tree: changed }))).toContainEqual({ line: 300, what: MIXED });
  });

  it('are of the business whose events they seal, all of them', async () => {
    const businessId = `${BUSINESS.slice(0, -1)}c`;
    const problems = await verify(withSeal(300, { businessId }, signer, withSeal(256, { businessId })));
    expect(problems.filter(({ what }) => what === MIXED).map(({ line }) => line)).toEqual([256, 300]);
  });

  it('are of one filter: one of the whole history in a filtered export is another, and calls nothing missing', async () => {
    const filtered = await history.export({ filter: { query: 'user=x', keep: ({ leafIndex }) => leafIndex % 15 !== 13 } });
    expect(filtered).toHaveLength(280);
    expect(await verify(withSeal(280, { filter: null }, signer, filtered))).toEqual([{ line: 280, what: MIXED }]);
  });
});

describe('a line of an export', () => {
  it('whose event has no bytes is named, and what follows is checked', async () => {
    const broken = withProof(10, ({ event }) => ({ event: { ...event, data: '\ud800' } }));
    expect((await verify(broken)).filter(({ what }) => what.startsWith('the stored event is none'))).toEqual([{ line: 10, what: 'the stored event is none: half a surrogate pair has no UTF-8 form' }]);
  });

  it('that people read otherwise than it was written is named', async () => {
    expect(await verify(lines.map((text, i) => (i === 9 ? text.replace('"sales"', '"admin"') : text)))).toContainEqual({ line: 10, what: 'what people read here is not what was exported: the entry was changed' });
  });

  const POSITION = 'the position does not follow that of the line before';
  it('that is not the next of the history is named, with the entry it should have been or come after', async () => {
    const [before, one, two, after] = [lines.slice(0, 99), lines[99]!, lines[100]!, lines.slice(101)];
    expect(await verify([...before, two, one, ...after])).toEqual([
      { line: 100, what: 'this is entry 100 of the history; entry 99 is missing before it: dropped or reordered' },
      { line: 101, what: 'this is entry 99 of the history, after entry 100: entries were reordered or repeated' }, { line: 101, what: POSITION },
    ]);
    expect(await verify([...before, one, one, two, ...after])).toEqual([
      { line: 101, what: 'this is entry 99 of the history, after entry 99: entries were reordered or repeated' }, { line: 101, what: POSITION },
    ]);
  });

  it.each(['28.5', '-1', '"28"', 'null'])('whose position is %s, its hash corrected, is named', async (position) => {
    const moved = lines.map((text, i) => {
      if (i !== 9) return text;
      const readable = text.slice(0, text.lastIndexOf(',"proof":{')).replace('"position":28', `"position":${position}`);
      return formatLine(readable, { ...parseLine(text).proof, entryHash: readableHash(readable) });
    });
    expect(await verify(moved)).toEqual([{ line: 10, what: POSITION }]);
  });

  it('that is no UTF-8 is named', async () => {
    const bytes = lines.map((text) => Buffer.from(text));
    bytes[9]!.write('\xff', bytes[9]!.indexOf('Somchai'), 'latin1');
    expect(await verify(bytes)).toEqual([{ line: 10, what: 'the line is no UTF-8: it was changed, or the file was converted' }]);
  });

  it('whose event names no business, or another, is named', async () => {
    const what = 'the event belongs to another business than the events before it';
    const nobodys = withProof(10, ({ event }) => ({ event: { ...event, metadata: '{}' } }));
    expect(await verify(nobodys)).toContainEqual({ line: 10, what });
    expect(await verify(nobodys.slice(9))).toContainEqual({ line: 1, what });
    expect(await verify(withProof(10, ({ event }) => ({ event: { ...event, metadata: event.metadata.replace(BUSINESS, 'another') } })))).toContainEqual({ line: 10, what });
  });
});
