import fc from 'fast-check';
import { checkCheckpoint, checkpointNote, checkpointText, parseCheckpoint, signCheckpoint, signCheckpointNote, type Checkpoint } from './checkpoint';
import { EMPTY_ROOT, leafHash } from './merkle-hash';
import { formatNote, MalformedNote, signNote } from './signed-note';
import { signingKey } from './spec-helpers';

const business = '0193e2b0-7c1a-7000-8000-00000000000b';
const head = { businessId: business, size: 42, rootHash: leafHash(Buffer.from('leaf')), at: '2026-11-24T09:30:00.000Z' };
const { signer, verifier } = signingKey();
const json = signCheckpoint(head, signer);
const NO_JSON = 'the checkpoint is no JSON that can be read';
const NO_CHECKPOINT = 'the JSON is no checkpoint: expected {size, rootHash, signature, keyId, at}, hashes in base64';
const NO_TREE = 'the note is no checkpoint of a Rolebook history';
/** The note of the checkpoint, with one line of its text another. */
const noteWith = (line: number, change: (text: string) => string) => formatNote(signNote(checkpointText(head).split('\n').map((text, i) => (i === line ? change(text) : text)).join('\n'), signer));

describe('a checkpoint', () => {
  it('signs origin, size, root and time, one a line', () => {
    expect(checkpointText(head)).toBe(`rolebook/${business}\n42\n${json.rootHash}\nat 2026-11-24T09:30:00.000Z\n`);
  });

  it('has the shape of the API', () => {
    expect(json).toEqual({ size: 42, rootHash: Buffer.from(head.rootHash).toString('base64'), signature: expect.any(String), keyId: verifier.keyId, at: head.at });
    expect(Buffer.from(json.signature, 'base64')).toHaveLength(64);
  });

  it('is the same as JSON and as a note', () => {
    expect(checkpointNote(business, json)).toBe(signCheckpointNote(head, signer));
  });

  it('as a note names the key as it is told', () => {
    expect(checkpointNote(business, json, 'other')).toContain('\n— other ');
    expect(() => checkpointNote(business, { ...json, size: -1 })).toThrow(new MalformedNote(NO_CHECKPOINT));
  });

  it('as a note may have lost or gained line feeds at its end', () => {
    const note = signCheckpointNote(head, signer);
    for (const text of [note.trimEnd(), `${note}\n\n`]) expect(checkCheckpoint(parseCheckpoint(text), business, verifier)).toBeNull();
  });

  it('verifies in both forms', () => {
    expect(checkCheckpoint(parseCheckpoint(JSON.stringify(json)), business, verifier)).toBeNull();
    expect(checkCheckpoint(parseCheckpoint(JSON.stringify(json, null, 2)), business, verifier)).toBeNull();
    expect(checkCheckpoint(parseCheckpoint(signCheckpointNote(head, signer)), business, verifier)).toBeNull();
    expect(parseCheckpoint(signCheckpointNote(head, signer)).head).toEqual(head);
  });

  it('exists of an empty history too', () => {
    const empty = signCheckpointNote({ ...head, size: 0, rootHash: EMPTY_ROOT }, signer);
    expect(parseCheckpoint(empty).head.size).toBe(0);
    expect(checkCheckpoint(parseCheckpoint(empty), business, verifier)).toBeNull();
    expect(parseCheckpoint(JSON.stringify({ ...json, size: 0 })).head.size).toBe(0);
  });

  it.each([1, 9, 10, 99, 100, 123_456, 999_999_999_999_999])('may be of %i entries', (size) => {
    for (const text of [signCheckpointNote({ ...head, size }, signer), JSON.stringify({ ...json, size })]) expect(parseCheckpoint(text).head).toMatchObject({ size });
  });

  it('says why JSON could not be read', () => {
    expect(() => parseCheckpoint('{')).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });

  const CHANGED = `its signature does not hold: it was changed, or is of another business than ${business}`;
  it.each<[string, Partial<Checkpoint>, string]>([
    ['another size', { size: 43 }, CHANGED],
    ['another root', { rootHash: Buffer.from(leafHash(Buffer.of())).toString('base64') }, CHANGED],
    ['another time', { at: '2026-11-24T09:30:00.001Z' }, CHANGED],
    ['another signature', { signature: Buffer.alloc(64).toString('base64') }, CHANGED],
    ['a signature of no length', { signature: '' }, CHANGED],
    ['another key id', { keyId: '00000000' }, `it is signed by key 00000000, not by the given key (${verifier.keyId})`],
  ])('does not hold with %s', (_, change, why) => {
    expect(checkCheckpoint(parseCheckpoint(JSON.stringify({ ...json, ...change })), business, verifier)).toBe(why);
  });

  it('holds for its own business and its own key only', () => {
    for (const text of [JSON.stringify(json), signCheckpointNote(head, signer)]) {
      expect(checkCheckpoint(parseCheckpoint(text), `${business.slice(0, -1)}c`, verifier)).toMatch(/another business/);
      expect(checkCheckpoint(parseCheckpoint(text), business, signingKey(2).verifier)).toMatch(/given key/);
    }
    const note = parseCheckpoint(signCheckpointNote(head, signer));
    const other = signingKey(2).verifier;
    expect(checkCheckpoint(note, 'b', verifier)).toBe(`it is of another business, ${business}`);
    expect(checkCheckpoint(note, business, other)).toBe(`its signature is not by the given key (rolebook ${other.keyId}); it is signed by rolebook ${verifier.keyId}`);
    const twice = parseCheckpoint(formatNote({ text: checkpointText(head), signatures: [...signNote(checkpointText(head), signer).signatures, { name: 'x', keyId: '00000000', signature: Buffer.alloc(64) }] }));
    expect(checkCheckpoint(twice, business, other)).toContain(`it is signed by rolebook ${verifier.keyId}, x 00000000`);
  });

  it('fails at any change of a character of the note', () => {
    const note = signCheckpointNote(head, signer);
    fc.assert(fc.property(fc.nat({ max: note.length - 2 }), fc.string({ minLength: 1, maxLength: 1 }), (at, by) => {
      fc.pre(note[at] !== by);
      expect(holds(note.slice(0, at) + by + note.slice(at + 1))).toBe(false);
    }), { numRuns: 500 });
  });

  it.each([
    ['', 'nothing', 'this is no signed note'],
    ['{', 'half an object', NO_JSON],
    [' {', 'half an object behind a space', NO_JSON],
    ['{"size":1}', 'too little', NO_CHECKPOINT],
    ['{}', 'nothing in it', NO_CHECKPOINT],
    [JSON.stringify({ ...json, size: 1.5 }), 'half a leaf', NO_CHECKPOINT],
    [JSON.stringify({ ...json, size: -1 }), 'a negative size', NO_CHECKPOINT],
    [JSON.stringify({ ...json, size: '42' }), 'a size that is a text', NO_CHECKPOINT],
    [JSON.stringify({ ...json, signature: '?' }), 'no signature', NO_CHECKPOINT],
    [JSON.stringify({ ...json, signature: 7 }), 'a number for a signature', NO_CHECKPOINT],
    [JSON.stringify({ ...json, keyId: 7 }), 'a number for a key', NO_CHECKPOINT],
    [JSON.stringify({ ...json, rootHash: 7 }), 'a number for a root', NO_CHECKPOINT],
    [JSON.stringify({ ...json, at: 7 }), 'a number for a time', NO_CHECKPOINT],
    [JSON.stringify({ ...json, at: [json.at] }), 'a list of a time', NO_CHECKPOINT],
    [JSON.stringify({ ...json, at: `${json.at} ` }), 'a time and more', NO_CHECKPOINT],
    [JSON.stringify({ ...json, at: ` ${json.at}` }), 'more and a time', NO_CHECKPOINT],
    [JSON.stringify({ ...json, rootHash: json.rootHash.slice(4) }), 'a short root', NO_CHECKPOINT],
    [JSON.stringify({ ...json, at: 'yesterday' }), 'no time', NO_CHECKPOINT],
    [`text\n\n— rolebook AAAAAAAA\n`, 'a note about something else', NO_TREE],
    [signCheckpointNote(head, signer).replace('\n42\n', '\n042\n'), 'a size with a leading zero', NO_TREE],
    [noteWith(0, (text) => `x${text}`), 'another origin', NO_TREE],
    [noteWith(0, (text) => `${text}\nx`), 'a line between', NO_TREE],
    [noteWith(1, () => '-1'), 'a negative size', NO_TREE],
    [noteWith(1, () => '42 '), 'a size and more', NO_TREE],
    [noteWith(1, () => '1234567890123456'), 'a size of sixteen digits', NO_TREE],
    [noteWith(1, () => '12345678901234567'), 'a size that no number holds', NO_TREE],
    [noteWith(2, (text) => text.slice(4)), 'a short root', NO_TREE],
    [noteWith(2, () => '?'), 'no root', NO_TREE],
    [noteWith(3, (text) => text.slice(3)), 'a time without at', NO_TREE],
    [noteWith(3, (text) => `${text}x`), 'a time and more', NO_TREE],
    [noteWith(4, () => 'more\n'), 'a line too many', NO_TREE],
  ])('is refused: %#', (text, _what, why) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ name: 'MalformedNote', message: why }));
  });
});

function holds(note: string): boolean {
  try {
    return checkCheckpoint(parseCheckpoint(note), business, verifier) === null;
  } catch (error) {
    if (error instanceof MalformedNote) return false;
    throw error;
  }
}
