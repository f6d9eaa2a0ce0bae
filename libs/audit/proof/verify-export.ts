import { isUtf8 } from 'node:buffer';
import { toBase64 } from './base64';
import { checkCheckpoint, type ParsedCheckpoint } from './checkpoint';
import { businessOf, disagreements, type EventReadings } from './entry-agreement';
import { MalformedLine, parseLine, type ExportLine } from './export-format';
import { parseSeal, type SealStatement } from './export-seal';
import { Segment } from './export-segment';
import { checkTree } from './export-tree-check';
import { eventLeafHash } from './leaf';
import { LineTooLong } from './lines';
import { sameHash } from './merkle-hash';
import { CompactRange } from './merkle-tree';
import { Problems, type Problem } from './problems';
import { MalformedNote, verifyNote, type VerifierKey } from './signed-note';

export interface VerifyExportOptions {
  readonly checkpoint: ParsedCheckpoint;
  readonly key: VerifierKey;
  /** Links an export and a checkpoint of different sizes; needed where the history itself cannot show it. */
  readonly consistency?: { readonly from: number; readonly to: number; readonly path: readonly Uint8Array[] };
  /** With it, action and user of each entry are held against the stored event too. */
  readonly readings?: EventReadings;
  /** Problems that are kept; all are counted. */
  readonly mostProblems?: number;
  /** Called after every ten thousand lines. */
  readonly onProgress?: (lines: number) => void;
}

export interface ExportVerdict {
  readonly ok: boolean;
  /** Lines read. */
  readonly lines: number;
  /** What the export says of itself, as signed; `null` where it has no seal that holds. */
  readonly businessId: string | null;
  /** Size of the history that it was made from. */
  readonly size: number | null;
  /** base64. */
  readonly rootHash: string | null;
  /** `null` for the whole history. */
  readonly filter: string | null;
  readonly exportedAt: string | null;
  /** The first ones, in order of finding. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

const PROGRESS_EVERY = 10_000;

/**
 * Verifies an NDJSON export, offline and in flat memory: that its events are those of the signed history, all of them and in
 * order (or, filtered, each in its place), that what people read is what the server exported, and that the checkpoint is of
 * this history. Never throws over what the file holds; only what reading the lines throws.
 * @param lines without line feeds, as text or as bytes
 */
export async function verifyExport(lines: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>, options: VerifyExportOptions): Promise<ExportVerdict> {
  const verifier = new ExportVerifier(options);
  try {
    for await (const line of lines) {
      verifier.push(line);
      if (verifier.lines % PROGRESS_EVERY === 0) options.onProgress?.(verifier.lines);
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    verifier.problems.add(verifier.lines + 1, `${error.message}; nothing after it was read`);
  }
  return verifier.finish();
}

class ExportVerifier {
  readonly problems: Problems;
  lines = 0;
  private readonly whole = CompactRange.empty();
  private rootAtCheckpoint: Uint8Array | null = null;
  private segment: Segment;
  /** The first seal that holds; the others must say the same of the export. */
  private seal: SealStatement | null = null;
  private ended = false;
  private businessId: string | null = null;
  private sealed = 0;
  private nextLeaf = 0;
  /** Lines just before that could not be read: as many entries are not called missing once more. */
  private unread = 0;
  private position = 0;

  constructor(private readonly options: VerifyExportOptions) {
    this.problems = new Problems(options.mostProblems ?? 100);
    this.segment = new Segment(1, this.problems);
    this.noteCheckpointRoot();
  }

  push(raw: string | Uint8Array): void {
    this.lines++;
    if (this.ended) {
      this.problems.add(this.lines, 'the export ends before this line: it was added');
      return;
    }
    const line = this.read(raw);
    if (!line) return;
    this.checkOrder(line);
    this.checkBusiness(line);
    const leaf = this.checkHashes(line);
    this.whole.append(leaf);
    this.noteCheckpointRoot();
    this.segment.add(this.lines, leaf, line.readableHash, line.proof);
    if (line.proof.seal !== undefined) this.closeSegment(line.proof.seal);
  }

  finish(): ExportVerdict {
    if (this.lines === 0) this.problems.add(null, 'the export is empty: there is nothing to prove');
    else if (!this.ended) this.problems.add(this.lines, 'the export breaks off after this line: what follows was cut off');
    this.checkCheckpoint();
    return this.verdict(this.seal, this.problems);
  }

  private checkCheckpoint(): void {
    const { checkpoint, key, consistency } = this.options;
    const unbelievable = this.businessId === null ? null : checkCheckpoint(checkpoint, this.businessId, key);
    if (unbelievable !== null) this.problems.add(null, `the checkpoint cannot be believed: ${unbelievable}`);
    // What does not hold already has said where; that the tree does not come out either would only repeat it.
    if (!this.seal || this.problems.count > 0) return;
    const wrong = checkTree({ seal: this.seal, whole: this.whole, rootAtCheckpoint: this.rootAtCheckpoint, head: checkpoint.head, consistency });
    if (wrong !== null) this.problems.add(null, wrong);
  }

  private verdict(seal: SealStatement | null, problems: Problems): ExportVerdict {
    return {
      ok: problems.count === 0, // that the end or a seal that holds is missing is a problem too
      lines: this.lines,
      businessId: seal?.businessId ?? null,
      size: seal?.tree.size ?? null,
      rootHash: seal && toBase64(seal.tree.rootHash),
      filter: seal?.filter ?? null,
      exportedAt: seal?.at ?? null,
      problems: problems.kept,
      problemCount: problems.count,
    };
  }

  private read(raw: string | Uint8Array): ExportLine | null {
    try {
      if (typeof raw === 'string') return parseLine(raw);
      if (!isUtf8(raw)) throw new MalformedLine('the line is no UTF-8: it was changed, or the file was converted');
      return parseLine(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString());
    } catch (error) {
      if (!(error instanceof MalformedLine)) throw error;
      this.problems.add(this.lines, error.message);
      this.unread++;
      return null;
    }
  }

  /** In a whole history entries follow each other without gaps; a filter leaves some out. */
  private checkOrder({ entry, proof: { leafIndex, path, seal } }: ExportLine): void {
    const mayLeaveOut = path !== undefined && (seal === undefined || this.seal?.filter != null || sealsFiltered(seal));
    const expected = this.nextLeaf;
    const latest = expected + this.unread;
    this.unread = 0;
    this.nextLeaf = Math.max(expected, leafIndex + 1);
    if (leafIndex < expected) this.problems.add(this.lines, `this is entry ${leafIndex} of the history, after entry ${expected - 1}: entries were reordered or repeated`);
    else if (leafIndex > latest && !mayLeaveOut) {
      const missing = leafIndex - 1 === expected ? `entry ${expected} is` : `entries ${expected} to ${leafIndex - 1} are`;
      this.problems.add(this.lines, `this is entry ${leafIndex} of the history; ${missing} missing before it: dropped or reordered`);
    }
    const position = entry.position;
    if (!Number.isSafeInteger(position) || (position as number) <= this.position) this.problems.add(this.lines, 'the position does not follow that of the line before');
    else this.position = position as number;
  }

  private checkBusiness({ proof: { event } }: ExportLine): void {
    const businessId = businessOf(event);
    this.businessId ??= businessId;
    if (businessId === null || businessId !== this.businessId) this.problems.add(this.lines, 'the event belongs to another business than the events before it');
  }

  /** @returns the leaf hash of the event as it stands in the line */
  private checkHashes({ entry, readableHash, proof }: ExportLine): Uint8Array {
    const wrong: string[] = [];
    let leaf = proof.leafHash;
    try {
      leaf = eventLeafHash(proof.event);
      if (!sameHash(leaf, proof.leafHash)) wrong.push('the stored event is not the one in the history: it was changed, in the log or in the export');
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      wrong.push(`the stored event is none: ${error.message}`);
    }
    if (!sameHash(readableHash, proof.entryHash)) wrong.push('what people read here is not what was exported: the entry was changed');
    wrong.push(...disagreements(entry, proof.event, this.options.readings?.(proof.event.type)));
    for (const what of wrong) this.problems.add(this.lines, what);
    return leaf;
  }

  private closeSegment(text: string): void {
    const seal = this.parseSeal(text);
    if (seal && this.believes(seal)) this.segment.close(this.lines, seal.statement, this.sealed + 1);
    // A seal that is not believed still says where the next segment begins, so that one false seal is one problem.
    this.sealed = seal?.statement.to ?? this.sealed + this.segment.size;
    this.ended = seal?.statement.end ?? false;
    this.segment = new Segment(this.lines + 1, this.problems);
  }

  private parseSeal(text: string): ReturnType<typeof parseSeal> | null {
    try {
      return parseSeal(text);
    } catch (error) {
      if (!(error instanceof MalformedNote)) throw error;
      this.problems.add(this.lines, `the seal cannot be read: ${error.message}`);
      return null;
    }
  }

  /** Whether the key has signed the seal. It must fit the seals before it, too. */
  private believes({ statement, note }: ReturnType<typeof parseSeal>): boolean {
    const { key } = this.options;
    if (!verifyNote(note, key)) {
      const by = note.signatures.map(({ name, keyId }) => `${name} ${keyId}`).join();
      this.problems.add(this.lines, `the seal is not signed by the given key (${key.name} ${key.keyId}): it was changed, or is signed by another (${by})`);
      return false;
    }
    this.seal ??= statement;
    if (statement.businessId !== this.businessId || !sameExport(statement, this.seal)) this.problems.add(this.lines, 'the seal is of another export: lines of two exports were mixed');
    return true;
  }

  private noteCheckpointRoot(): void {
    if (this.whole.size === this.options.checkpoint.head.size) this.rootAtCheckpoint = this.whole.root();
  }
}

/** Whether both are of one export of one business. */
function sameExport(a: SealStatement, b: SealStatement): boolean {
  return a.at === b.at && a.filter === b.filter && a.tree.size === b.tree.size && sameHash(a.tree.rootHash, b.tree.rootHash);
}

function sealsFiltered(seal: string): boolean {
  return !seal.includes('\nfilter none\n');
}
