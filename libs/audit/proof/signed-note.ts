import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import { fromBase64, toBase64 } from './base64';

/**
 * Signed notes after C2SP signed-note (c2sp.org/signed-note): a text, an empty line, and lines of signatures. Ed25519 only.
 */

/** The name of an installation's signing key where none is given. The text that is signed names the business. */
export const DEFAULT_KEY_NAME = 'rolebook';

/** Signs texts, with a key that it keeps to itself. */
export interface NoteSigner {
  /** What {@link noteKeyId} gives for the signer's name and public key. */
  readonly keyId: string;
  /** {@link DEFAULT_KEY_NAME} where left out. */
  readonly name?: string;
  /** @returns the Ed25519 signature (RFC 8032), 64 bytes */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A public key to check signatures with. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** A note taken apart; nothing is verified yet. */
export interface Note {
  /** What was signed: ends with a line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  /** 64 bytes for Ed25519. */
  readonly signature: Uint8Array;
}

/** A text that should be a note, a checkpoint or a key is none. */
export class MalformedNote extends Error {
  override readonly name = 'MalformedNote';
}

const ED25519 = 0x01;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
/** The DER head of an Ed25519 SubjectPublicKeyInfo (RFC 8410, section 4); the 32 bytes of the key follow. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
/** C2SP asks verifiers to accept 16 signatures and to set some limit. */
const MOST_SIGNATURES = 64;
const VERIFIER_KEY = /^(?<name>[^\s+]+)\+(?<keyId>[0-9a-f]{8})\+(?<encoded>\S+)$/u;
const SIGNATURE = /^— (?<name>[^\s+]+) (?<encoded>\S+)$/u;

/**
 * The id of a key: the first 4 bytes of SHA-256(name || 0x0A || 0x01 || key), as 8 hexadecimal digits.
 * @param publicKey 32 bytes (RFC 8032)
 */
export function noteKeyId(name: string, publicKey: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey]), 'buffer').subarray(0, KEY_ID_BYTES).toString('hex');
}

/**
 * A signing key as a signer of notes. The key id of notes depends on the name, so it is computed here, whatever id the key has elsewhere.
 * @param key `publicKeyRaw` is the public key's 32 bytes in base64
 */
export function noteSigner(key: { readonly publicKeyRaw: string; sign(bytes: Uint8Array): Uint8Array }, name: string = DEFAULT_KEY_NAME): NoteSigner {
  return { name, keyId: noteKeyId(name, Buffer.from(key.publicKeyRaw, 'base64')), sign: (bytes) => key.sign(bytes) };
}

/** A public key of 32 bytes as a verifier. */
export function verifierKey(publicKey: Uint8Array, name: string = DEFAULT_KEY_NAME): VerifierKey {
  if (publicKey.length !== KEY_BYTES) throw new MalformedNote('an Ed25519 public key is 32 bytes');
  return { name, keyId: noteKeyId(name, publicKey), publicKey: createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' }) };
}

/**
 * Reads a public key: a PEM (`-----BEGIN PUBLIC KEY-----`, SPKI, Ed25519), a note verifier key `<name>+<key id>+<base64>`,
 * or its 32 bytes in base64.
 * @param name the key's name, which only the verifier key holds
 * @throws {MalformedNote} where it is none of these
 */
export function parseVerifierKey(text: string, name: string = DEFAULT_KEY_NAME): VerifierKey {
  const trimmed = text.trim();
  if (trimmed.startsWith('-----BEGIN')) return verifierKey(rawPublicKey(trimmed), name);
  const raw = fromBase64(trimmed);
  if (raw?.length === KEY_BYTES) return verifierKey(raw, name);
  const written = VERIFIER_KEY.exec(trimmed)?.groups as { readonly name: string; readonly keyId: string; readonly encoded: string } | undefined;
  if (!written) throw new MalformedNote('this is no public key: expected a PEM ("-----BEGIN PUBLIC KEY-----") or "<name>+<key id>+<base64>"');
  const bytes = fromBase64(written.encoded);
  if (!bytes || bytes[0] !== ED25519 || bytes.length !== 1 + KEY_BYTES) throw new MalformedNote('the verifier key is not an Ed25519 key');
  const key = verifierKey(bytes.subarray(1), written.name);
  if (key.keyId !== written.keyId) throw new MalformedNote('the verifier key does not match its own key id: it was changed, or cut off');
  return key;
}

/** The note verifier key form of a public key: one line that holds name, id and key. */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.keyId}+${toBase64(Buffer.concat([Buffer.of(ED25519), spki(key.publicKey).subarray(SPKI_HEAD.length)]))}`;
}

/** Takes a note apart. @throws {MalformedNote} */
export function parseNote(note: string): Note {
  const border = note.lastIndexOf('\n\n');
  if (border < 0 || !note.endsWith('\n') || /[\0-\t\x0b-\x1f]/.test(note)) throw new MalformedNote('this is no signed note');
  const lines = note.slice(border + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new MalformedNote('the note has too many signatures');
  return { text: note.slice(0, border + 1), signatures: lines.map(parseSignature) };
}

/** Puts a text and its signatures together. The text ends with a line feed. */
export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyId, signature }) => `— ${name} ${toBase64(Buffer.concat([Buffer.from(keyId, 'hex'), signature]))}\n`);
  return `${text}\n${lines.join('')}`;
}

/** Signs a text, which ends with a line feed. */
export function signNote(text: string, signer: NoteSigner): Note {
  return { text, signatures: [{ name: signer.name ?? DEFAULT_KEY_NAME, keyId: signer.keyId, signature: signer.sign(Buffer.from(text)) }] };
}

/**
 * Whether the key has signed the text. Signatures of other keys say nothing and are passed over, as C2SP asks;
 * one that claims to be this key's and is not makes it false, whatever else is there.
 */
export function verifyNote({ text, signatures }: Note, key: VerifierKey): boolean {
  const own = signatures.filter((signature) => signature.name === key.name && signature.keyId === key.keyId);
  return own.length > 0 && own.every(({ signature }) => verify(null, Buffer.from(text), key.publicKey, signature));
}

function parseSignature(line: string): NoteSignature {
  const written = SIGNATURE.exec(line)?.groups as { readonly name: string; readonly encoded: string } | undefined;
  const bytes = written ? fromBase64(written.encoded) : null;
  if (!written || !bytes || bytes.length <= KEY_ID_BYTES) throw new MalformedNote('the note has a line that is no signature');
  return { name: written.name, keyId: Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex'), signature: bytes.subarray(KEY_ID_BYTES) };
}

function rawPublicKey(pem: string): Uint8Array {
  let key: KeyObject;
  try {
    if (pem.includes('PRIVATE')) throw new Error('a private key');
    key = createPublicKey(pem);
  } catch (cause) {
    throw new MalformedNote('the PEM holds no public key that can be read', { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new MalformedNote(`the PEM holds a key of type ${String(key.asymmetricKeyType)}; checkpoints are signed with Ed25519`);
  return spki(key).subarray(SPKI_HEAD.length);
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
