import { fromBase64, toBase64 } from './base64';
import { HASH_BYTES } from './merkle-hash';
import { formatNote, MalformedNote, parseNote, signNote, type Note, type NoteSigner } from './signed-note';

/** Lines that one seal covers, but for the last seal, which covers what is left. A power of two: a segment is a block of the tree. */
export const SEGMENT_LEVEL = 8;
export const SEGMENT_LINES = 2 ** SEGMENT_LEVEL;

/** What the server says of a segment of an export when it writes it. */
export interface SealStatement {
  readonly businessId: string;
  /** First and last line of the segment, from 1. */
  readonly from: number;
  readonly to: number;
  /** Whether the export ends here. */
  readonly end: boolean;
  /** RFC 9162 root over the readable parts of the segment's lines, 32 bytes. */
  readonly entriesRoot: Uint8Array;
  /** The history at the time of the export. */
  readonly tree: { readonly size: number; readonly rootHash: Uint8Array };
  /** The filter as a URL query; `null` where the export is the whole history. */
  readonly filter: string | null;
  /** When the export was asked for: RFC 3339, UTC, milliseconds. */
  readonly at: string;
}

const NO_SEAL = 'the note is no seal of an export';
const ORIGIN = 'rolebook-export/';
const TEXT = /^rolebook-export\/(?<businessId>\S+)\nlines (?<from>\d{1,15})-(?<to>\d{1,15}) (?<state>more|end)\nentries (?<entries>\S+)\ntree (?<size>\d{1,15}) (?<root>\S+)\nfilter (?<filter>\S+)\nat (?<at>\S+)\n$/;
type Written = Readonly<Record<'businessId' | 'from' | 'to' | 'state' | 'entries' | 'size' | 'root' | 'filter' | 'at', string>>;

/** The text that a seal signs. Its first line keeps it from ever being taken for a checkpoint. */
export function sealText({ businessId, from, to, end, entriesRoot, tree, filter, at }: SealStatement): string {
  return [
    `${ORIGIN}${businessId}`,
    `lines ${from}-${to} ${end ? 'end' : 'more'}`,
    `entries ${toBase64(entriesRoot)}`,
    `tree ${tree.size} ${toBase64(tree.rootHash)}`,
    `filter ${filter ?? 'none'}`,
    `at ${at}`,
    '',
  ].join('\n');
}

/** A seal: a signed note (C2SP signed-note) over {@link sealText}. */
export function signSeal(statement: SealStatement, signer: NoteSigner): string {
  return formatNote(signNote(sealText(statement), signer));
}

/** Reads a seal; its signature is not verified yet. @throws {MalformedNote} where it is not written as {@link signSeal} writes it */
export function parseSeal(seal: string): { statement: SealStatement; note: Note } {
  const note = parseNote(seal);
  const written = TEXT.exec(note.text)?.groups as Written | undefined;
  if (!written) throw new MalformedNote(NO_SEAL);
  const [entriesRoot, rootHash] = [fromBase64(written.entries), fromBase64(written.root)];
  if (entriesRoot?.length !== HASH_BYTES || rootHash?.length !== HASH_BYTES) throw new MalformedNote(NO_SEAL);
  const { businessId, from, to, state, size, filter, at } = written;
  const statement = {
    businessId, at, entriesRoot,
    from: Number(from), to: Number(to), end: state === 'end',
    tree: { size: Number(size), rootHash },
    filter: filter === 'none' ? null : filter,
  };
  if (sealText(statement) !== note.text || note.signatures.length !== 1) throw new MalformedNote('the seal is not in its canonical form');
  return { statement, note };
}
