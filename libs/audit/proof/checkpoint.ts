import { verify } from 'node:crypto';
import { fromBase64, toBase64 } from './base64';
import { HASH_BYTES } from './merkle-hash';
import { DEFAULT_KEY_NAME, formatNote, MalformedNote, parseNote, signNote, verifyNote, type Note, type NoteSigner, type VerifierKey } from './signed-note';

/** The head of a business's tree: what a checkpoint says. */
export interface TreeHead {
  readonly businessId: string;
  /** Number of leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
  /** When it was signed: RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

/** A signed tree head as the API answers it. */
export interface Checkpoint {
  readonly size: number;
  /** base64. */
  readonly rootHash: string;
  /** base64 of the Ed25519 signature over {@link checkpointText}. */
  readonly signature: string;
  /** Which key signed: 8 hexadecimal digits, see {@link NoteSigner}. */
  readonly keyId: string;
  readonly at: string;
}

interface NoteCheckpoint { readonly form: 'note'; readonly head: TreeHead; readonly note: Note }
interface JsonCheckpoint { readonly form: 'json'; readonly head: Omit<TreeHead, 'businessId'>; readonly keyId: string; readonly signature: Uint8Array }
/** A checkpoint read from a file; nothing is verified yet. */
export type ParsedCheckpoint = NoteCheckpoint | JsonCheckpoint;

/** Why a checkpoint is not to be believed; `null` where it is. */
export type CheckpointProblem = string | null;

const ORIGIN = 'rolebook/';
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** As {@link checkpointText} writes it. */
const TEXT = /^rolebook\/(?<businessId>[^\n]*)\n(?<size>0|[1-9]\d{0,14})\n(?<root>[^\n]*)\nat (?<at>[^\n]*)\n$/;

/**
 * The text that is signed, after C2SP tlog-checkpoint: the origin `rolebook/<business id>`, the size, the root hash in base64,
 * and one extension line `at <time>`. It ends with a line feed.
 */
export function checkpointText({ businessId, size, rootHash, at }: TreeHead): string {
  return `${ORIGIN}${businessId}\n${size}\n${toBase64(rootHash)}\nat ${at}\n`;
}

/** Signs a tree head. */
export function signCheckpoint(head: TreeHead, signer: NoteSigner): Checkpoint {
  const signature = signer.sign(Buffer.from(checkpointText(head)));
  return { size: head.size, rootHash: toBase64(head.rootHash), signature: toBase64(signature), keyId: signer.keyId, at: head.at };
}

/** Signs a tree head, as a C2SP checkpoint: the form to publish, which other tools and witnesses can read. */
export function signCheckpointNote(head: TreeHead, signer: NoteSigner): string {
  return formatNote(signNote(checkpointText(head), signer));
}

/** The same checkpoint as a note: the signature is over the same text. */
export function checkpointNote(businessId: string, checkpoint: Checkpoint, keyName: string = DEFAULT_KEY_NAME): string {
  const { head, keyId, signature } = parseJson(JSON.stringify(checkpoint));
  return formatNote({ text: checkpointText({ businessId, ...head }), signatures: [{ name: keyName, keyId, signature }] });
}

/**
 * Reads a checkpoint in either form: the API's JSON (which does not name its business) or the note.
 * @throws {MalformedNote} where it is neither
 */
export function parseCheckpoint(text: string): ParsedCheckpoint {
  return text.trimStart().startsWith('{') ? parseJson(text) : parseText(text.replace(/\n*$/, '\n'));
}

/** Whether the key has signed this for this business. @returns what is wrong, in one sentence, or `null` */
export function checkCheckpoint(checkpoint: ParsedCheckpoint, businessId: string, key: VerifierKey): CheckpointProblem {
  if (checkpoint.form === 'note') {
    if (checkpoint.head.businessId !== businessId) return `it is of another business, ${checkpoint.head.businessId}`;
    if (verifyNote(checkpoint.note, key)) return null;
    const signers = checkpoint.note.signatures.map(({ name, keyId }) => `${name} ${keyId}`).join(', ');
    return `its signature is not by the given key (${key.name} ${key.keyId}); it is signed by ${signers}`;
  }
  const { head, keyId, signature } = checkpoint;
  if (keyId !== key.keyId) return `it is signed by key ${keyId}, not by the given key (${key.keyId})`;
  if (verify(null, Buffer.from(checkpointText({ businessId, ...head })), key.publicKey, signature)) return null;
  return `its signature does not hold: it was changed, or is of another business than ${businessId}`;
}

function parseText(text: string): NoteCheckpoint {
  const note = parseNote(text);
  const written = TEXT.exec(note.text)?.groups as { readonly businessId: string; readonly size: string; readonly root: string; readonly at: string } | undefined;
  const rootHash = written ? fromBase64(written.root) : null;
  if (!written || rootHash?.length !== HASH_BYTES || !MOMENT.test(written.at)) throw new MalformedNote('the note is no checkpoint of a Rolebook history');
  const { businessId, size, at } = written;
  return { form: 'note', head: { businessId, size: Number(size), rootHash, at }, note };
}

function parseJson(text: string): JsonCheckpoint {
  let value: Partial<Record<keyof Checkpoint, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    throw new MalformedNote('the checkpoint is no JSON that can be read', { cause });
  }
  const { size, rootHash, signature, keyId, at } = value;
  const root = typeof rootHash === 'string' ? fromBase64(rootHash) : null;
  const signed = typeof signature === 'string' ? fromBase64(signature) : null;
  if (!Number.isSafeInteger(size) || (size as number) < 0 || root?.length !== HASH_BYTES || !signed || typeof keyId !== 'string' || typeof at !== 'string' || !MOMENT.test(at)) {
    throw new MalformedNote('the JSON is no checkpoint: expected {size, rootHash, signature, keyId, at}, hashes in base64');
  }
  return { form: 'json', head: { size: size as number, rootHash: root, at }, keyId, signature: signed };
}
