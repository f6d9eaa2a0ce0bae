import fc from 'fast-check';
import { checkCheckpoint, checkpointNote, checkpointText, parseCheckpoint, signCheckpoint, signCheckpointNote, type Checkpoint } from './checkpoint';
import { EMPTY_ROOT, leafHash } from './merkle-hash';
import { MalformedNote } from './signed-note';
import { signingKey } from './spec-helpers';

const business = '0193e2b0-7c1a-7000-8000-00000000000b';
const head = { businessId: business, size: 42, rootHash: leafHash(Buffer.from('leaf')), at: '2026-11-24T09:30:00.000Z' };
const { signer, verifier } = signingKey();
const json = signCheckpoint(head, signer);

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
  });

  it.each<[string, Partial<Checkpoint>]>([
    ['another size', { size: 43 }],
    ['another root', { rootHash: Buffer.from(leafHash(Buffer.of())).toString('base64') }],
    ['another time', { at: '2026-11-24T09:30:00.001Z' }],
    ['another signature', { signature: Buffer.alloc(64).toString('base64') }],
    ['a signature of no length', { signature: '' }],
    ['another key id', { keyId: '00000000' }],
  ])('does not hold with %s', (_, change) => {
    expect(checkCheckpoint(parseCheckpoint(JSON.stringify({ ...json, ...change })), business, verifier)).toEqual(expect.any(String));
  });

  it('holds for its own business and its own key only', () => {
    for (const text of [JSON.stringify(json), signCheckpointNote(head, signer)]) {
      expect(checkCheckpoint(parseCheckpoint(text), `${business.slice(0, -1)}c`, verifier)).toMatch(/another business/);
      expect(checkCheckpoint(parseCheckpoint(text), business, signingKey(2).verifier)).toMatch(/given key/);
    }
  });

  it('fails at any change of a character of the note', () => {
    const note = signCheckpointNote(head, signer);
    fc.assert(fc.property(fc.nat({ max: note.length - 2 }), fc.string({ minLength: 1, maxLength: 1 }), (at, by) => {
      fc.pre(note[at] !== by);
      expect(holds(note.slice(0, at) + by + note.slice(at + 1))).toBe(false);
    }), { numRuns: 500 });
  });

  it.each([
    ['', 'nothing'],
    ['{', 'half an object'],
    ['{"size":1}', 'too little'],
    [JSON.stringify({ ...json, size: 1.5 }), 'half a leaf'],
    [JSON.stringify({ ...json, rootHash: json.rootHash.slice(4) }), 'a short root'],
    [JSON.stringify({ ...json, at: 'yesterday' }), 'no time'],
    [`text\n\n— rolebook AAAAAAAA\n`, 'a note about something else'],
    [signCheckpointNote(head, signer).replace('\n42\n', '\n042\n'), 'a size with a leading zero'],
  ])('is refused: %#', (text) => {
    expect(() => parseCheckpoint(text)).toThrow(MalformedNote);
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
