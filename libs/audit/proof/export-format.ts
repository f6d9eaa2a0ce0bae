import { fromBase64, toBase64 } from './base64';
import { HASH_BYTES, leafHashOfText } from './merkle-hash';
import type { EventText } from './leaf';
import type { AuditEntry } from '../audit-entry';

/**
 * A line of an NDJSON export: the entry of the audit log as people read it, with a last member `proof`.
 *
 *     {"id":…,"position":…,…,"context":{…},"proof":{"leafIndex":…,"event":{…},"leafHash":…,"entryHash":…,"path":[…],"seal":…}}
 *
 * Every line is an entry; there is no header. The readable part of a line is its bytes before the last `,"proof":{`
 * (quotation marks inside JSON strings are escaped, so that text is never inside one). docs/audit.md has it in full.
 */
export interface ExportLine {
  /** The readable part, parsed. Its shape is whatever the file holds. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** RFC 9162 leaf hash of the readable part as it stands in the line. */
  readonly readableHash: Uint8Array;
  readonly proof: EntryProof;
}

export interface EntryProof {
  /** Place in the business's history, from 0. */
  readonly leafIndex: number;
  /** The event as stored. */
  readonly event: EventText;
  /** What the tree holds at that place, 32 bytes. Says which line was changed; proves nothing by itself. */
  readonly leafHash: Uint8Array;
  /** Leaf hash of the readable part when it was written, 32 bytes. Likewise. */
  readonly entryHash: Uint8Array;
  /** In a filtered export: inclusion path of the leaf. In a whole one, on sealed lines: of the segment's block. */
  readonly path?: readonly Uint8Array[] | undefined;
  /** On the last line of each segment: the signed note over it. */
  readonly seal?: string | undefined;
}

/** A line is not in the format; says how. */
export class MalformedLine extends Error {
  override readonly name = 'MalformedLine';
}

const PROOF = ',"proof":';

/** The readable part of a line: the entry's JSON without its closing brace. */
export function readablePart(entry: AuditEntry): string {
  return JSON.stringify(entry).slice(0, -1);
}

/** Leaf hash of a readable part. */
export function readableHash(readable: string): Uint8Array {
  return leafHashOfText(readable);
}

/** A whole line, without line feed. */
export function formatLine(readable: string, proof: EntryProof): string {
  return `${readable}${PROOF}${formatProof(proof)}}`;
}

/**
 * Takes a line apart, without line feed. Strict: a proof is accepted only as {@link formatLine} writes it, so that no byte
 * of it can be changed without its meaning changing, and no two JSON readers can read it differently.
 * @throws {MalformedLine}
 */
export function parseLine(line: string): ExportLine {
  const border = line.lastIndexOf(`${PROOF}{`);
  if (border < 0) throw new MalformedLine(whatIsWrong(line));
  const readable = line.slice(0, border);
  const entry = parse(`${readable}}`);
  const text = line.slice(border + PROOF.length, -1);
  const proof = toProof(parse(text));
  if (!proof || formatProof(proof) !== text || !line.endsWith('}')) throw new MalformedLine('the proof is not as the export wrote it: it was changed, or the file was converted');
  return { entry, readableHash: readableHash(readable), proof };
}

/** Members in this order, nothing between them. */
function formatProof({ leafIndex, event, leafHash, entryHash, path, seal }: EntryProof): string {
  const { id, type, stream, revision, recordedAt, data, metadata } = event;
  return JSON.stringify({
    leafIndex,
    event: { id, type, stream, revision, recordedAt, data, metadata },
    leafHash: toBase64(leafHash),
    entryHash: toBase64(entryHash),
    path: path?.map(toBase64),
    seal,
  });
}

function toProof(value: Readonly<Record<string, unknown>>): EntryProof | null {
  const { leafIndex, event, leafHash, entryHash, path, seal } = value;
  const stored = toEvent(event);
  const leaf = toHash(leafHash);
  const entry = toHash(entryHash);
  if (!isNatural(leafIndex) || !stored || !leaf || !entry || (seal !== undefined && typeof seal !== 'string')) return null;
  const proof = { leafIndex, event: stored, leafHash: leaf, entryHash: entry, ...(seal !== undefined && { seal }) };
  if (path === undefined) return proof;
  const hashes = Array.isArray(path) ? path.map(toHash) : null;
  return hashes?.every((hash) => hash !== null) ? { ...proof, path: hashes } : null;
}

function toEvent(value: unknown): EventText | null {
  const { id, type, stream, revision, recordedAt, data, metadata } = (value ?? {}) as Partial<Record<keyof EventText, unknown>>;
  if (![id, type, stream, recordedAt, data, metadata].every((text) => typeof text === 'string') || !isNatural(revision)) return null;
  return { id, type, stream, revision, recordedAt, data, metadata } as EventText;
}

function toHash(value: unknown): Uint8Array | null {
  const bytes = typeof value === 'string' ? fromBase64(value) : null;
  return bytes?.length === HASH_BYTES ? bytes : null;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedLine('this is no JSON: the line was changed, or cut off', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedLine('this is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function whatIsWrong(line: string): string {
  if (line === '') return 'the line is empty';
  parse(line);
  return 'the entry has no proof: this is no export in NDJSON form, or the proof was taken out';
}
