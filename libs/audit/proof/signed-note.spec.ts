import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { formatNote, formatVerifierKey, MalformedNote, noteSigner, parseNote, parseVerifierKey, signNote, verifierKey, verifyNote } from './signed-note';
import { signingKey } from './spec-helpers';

/** The example that every implementation of signed notes carries, from the documentation of Go's sumdb/note. */
const PUBLISHED_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PUBLISHED_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const { signer, verifier, pem } = signingKey();

const NO_NOTE = 'this is no signed note';
const NO_SIGNATURE = 'the note has a line that is no signature';
const NO_KEY = 'this is no public key: expected a PEM ("-----BEGIN PUBLIC KEY-----") or "<name>+<key id>+<base64>"';

describe('a signed note', () => {
  it('verifies where others have signed: the published example', () => {
    expect(verifyNote(parseNote(PUBLISHED_NOTE), parseVerifierKey(PUBLISHED_KEY))).toBe(true);
    expect(formatNote(parseNote(PUBLISHED_NOTE))).toBe(PUBLISHED_NOTE);
    expect(formatVerifierKey(parseVerifierKey(PUBLISHED_KEY))).toBe(PUBLISHED_KEY);
  });

  it('verifies what was signed here, line feeds and all', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const note = formatNote(signNote(`${text.replace(/[\0-\x1f]/g, '\n')}\n`, signer));
      expect(verifyNote(parseNote(note), verifier)).toBe(true);
    }));
  });

  it('fails at any change of a character, by refusing it or by its signature', () => {
    const note = formatNote(signNote('one line\n\nand another\n', signer));
    fc.assert(fc.property(fc.nat({ max: note.length - 2 }), fc.string({ minLength: 1, maxLength: 1 }), (at, by) => {
      fc.pre(note[at] !== by);
      expect(accepts(note.slice(0, at) + by + note.slice(at + 1))).toBe(false);
    }), { numRuns: 500 });
  });

  it('passes over signatures of keys it does not know, and needs one of its own', () => {
    const witness = signingKey(2, 'witness.example');
    const note = signNote('text\n', signer);
    const both = { ...note, signatures: [...signNote('text\n', witness.signer).signatures, ...note.signatures] };
    expect(verifyNote(parseNote(formatNote(both)), verifier)).toBe(true);
    expect(verifyNote(signNote('text\n', witness.signer), verifier)).toBe(false);
  });

  it('fails where one of two signatures of the same key is false', () => {
    const note = signNote('text\n', signer);
    expect(verifyNote({ ...note, signatures: [...note.signatures, ...signNote('other\n', signer).signatures] }, verifier)).toBe(false);
  });

  it('tells keys apart by name and id together', () => {
    expect(verifyNote(signNote('text\n', signer), signingKey(1, 'other').verifier)).toBe(false);
    expect(verifyNote(signNote('text\n', { ...signer, keyId: '00000000' }), verifier)).toBe(false);
  });

  it.each<[string, string, string]>([
    ['nothing', '', NO_NOTE],
    ['no signature', 'text\n\n', NO_SIGNATURE],
    ['no empty line', 'text\n— rolebook AAAAAAAA\n', NO_NOTE],
    ['no line feed at the end', PUBLISHED_NOTE.trimEnd(), NO_NOTE],
    ['a carriage return', PUBLISHED_NOTE.replace('problem,\n', 'problem,\r\n'), NO_NOTE],
    ...['\0', '\x08', '\t', '\v', '\f', '\x1f'].map((control) => [`the control character ${JSON.stringify(control)}`, PUBLISHED_NOTE.replace('think', control), NO_NOTE] as [string, string, string]),
    ['a hyphen for the dash', PUBLISHED_NOTE.replace('—', '-'), NO_SIGNATURE],
    ['something before the dash', PUBLISHED_NOTE.replace('—', 'x—'), NO_SIGNATURE],
    ['something behind the signature', PUBLISHED_NOTE.replace('JnAM=', 'JnAM= x'), NO_SIGNATURE],
    ['a space in the name', PUBLISHED_NOTE.replace('— PeterNeumann', '— Peter Neumann'), NO_SIGNATURE],
    ['a signature with loose bits', PUBLISHED_NOTE.replace('JnAM=', 'JnAN='), NO_SIGNATURE],
    ['a signature of nothing', 'text\n\n— rolebook AAAAAA==\n', NO_SIGNATURE],
    ['more signatures than anybody needs', `text\n\n${'— rolebook AAAAAAAA\n'.repeat(65)}`, 'the note has too many signatures'],
  ])('is refused with %s', (_, note, why) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ name: 'MalformedNote', message: why }));
  });

  it('may be over an empty line', () => {
    const note = signNote('\n', signer);
    expect(verifyNote(parseNote(formatNote(note)), verifier)).toBe(true);
  });

  it('is signed by whoever holds the key, under the name it is given', () => {
    const raw = createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-32);
    const named = noteSigner({ publicKeyRaw: raw.toString('base64'), sign: (bytes) => signer.sign(bytes) }, 'another');
    expect(verifyNote(signNote('text\n', named), verifierKey(raw, 'another'))).toBe(true);
  });

  it('may have 64 signatures', () => {
    expect(parseNote(`text\n\n${'— rolebook AAAAAAAA\n'.repeat(64)}`).signatures).toHaveLength(64);
  });

  it('is signed under the usual name where the signer has none', () => {
    expect(signNote('text\n', { keyId: signer.keyId, sign: (bytes) => signer.sign(bytes) })).toEqual(signNote('text\n', signer));
  });
});

describe('a verifier key', () => {
  it('is read from a PEM, from its one-line form and from its bare bytes alike', () => {
    const raw = createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
    expect(parseVerifierKey(raw).keyId).toBe(verifier.keyId);
    expect(noteSigner({ publicKeyRaw: raw, sign: (bytes) => signer.sign(bytes) }).keyId).toBe(verifier.keyId);
    expect(formatVerifierKey(parseVerifierKey(pem))).toBe(formatVerifierKey(verifier));
    expect(parseVerifierKey(`${formatVerifierKey(verifier)}\n`).keyId).toBe(verifier.keyId);
    expect(parseVerifierKey(pem, 'another name').keyId).not.toBe(verifier.keyId);
  });

  it('has 32 bytes', () => {
    expect(() => verifierKey(new Uint8Array(31))).toThrow(new MalformedNote('an Ed25519 public key is 32 bytes'));
  });

  it.each([
    ['another kind of key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string, 'the PEM holds a key of type ec; checkpoints are signed with Ed25519'],
    ['a private key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 'the PEM holds no public key that can be read'],
    ['a broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'the PEM holds no public key that can be read'],
    ['a key that is not its id', PUBLISHED_KEY.replace('c74f20a3', 'c74f20a4'), 'the verifier key does not match its own key id: it was changed, or cut off'],
    ['a key cut off', PUBLISHED_KEY.slice(0, -4), 'the verifier key is not an Ed25519 key'],
    ['a key of another kind', `a+00000000+${Buffer.alloc(33, 2).toString('base64')}`, 'the verifier key is not an Ed25519 key'],
    ['a key that is no base64', 'a+00000000+?', 'the verifier key is not an Ed25519 key'],
    ['a key with something before it', `x ${PUBLISHED_KEY}`, NO_KEY],
    ['a key with something behind it', `${PUBLISHED_KEY} x`, NO_KEY],
    ['bytes, but too few', Buffer.alloc(31).toString('base64'), NO_KEY],
    ['something else', 'hello', NO_KEY],
  ])('is refused as %s', (_, text, why) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ name: 'MalformedNote', message: why }));
  });

  it('says why a PEM could not be read', () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(() => parseVerifierKey(pem)).toThrow(expect.objectContaining({ cause: new Error('a private key') }));
  });
});

function accepts(note: string): boolean {
  try {
    return verifyNote(parseNote(note), verifier);
  } catch (error) {
    if (error instanceof MalformedNote) return false;
    throw error;
  }
}
