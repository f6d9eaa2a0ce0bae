import type { EntryProof } from './export-format';
import { SEGMENT_LEVEL, SEGMENT_LINES, type SealStatement } from './export-seal';
import { sameHash } from './merkle-hash';
import { CompactRange } from './merkle-tree';
import { verifyInclusion } from './merkle-verify';
import type { Problems } from './problems';

/**
 * The lines since the last seal, as a verifier sees them: their hashes, and where a filter picked them, their claims.
 * Where a line has told already what is wrong, what follows from it is not told again.
 */
export class Segment {
  private readonly leaves = CompactRange.empty();
  private readonly entries = CompactRange.empty();
  private readonly claims: { line: number; leafIndex: number; leafHash: Uint8Array; path: readonly Uint8Array[] }[] = [];
  private readonly problemsBefore: number;

  /** @param firstLine line of the file that it begins with, from 1 */
  constructor(private readonly firstLine: number, private readonly problems: Problems) {
    this.problemsBefore = problems.count;
  }

  /** Lines in it so far. */
  get size(): number {
    return this.entries.size;
  }

  private get isSound(): boolean {
    return this.problems.count === this.problemsBefore;
  }

  /** @param leafHash, entryHash as computed from the line, not as the line claims */
  add(line: number, leafHash: Uint8Array, entryHash: Uint8Array, { leafIndex, path }: EntryProof): void {
    this.leaves.append(leafHash);
    this.entries.append(entryHash);
    if (this.size === SEGMENT_LINES + 1 && this.isSound) this.problems.add(line, 'a seal is missing before this line: lines were changed, added or dropped');
    if (path && this.claims.length < SEGMENT_LINES) this.claims.push({ line, leafIndex, leafHash, path });
  }

  /**
   * Checks the lines against their seal, whose signature holds.
   * @param next number of the first entry that is not sealed yet, from 1
   */
  close(line: number, seal: SealStatement, next: number): void {
    const sealed = `the seal is over entries ${seal.from} to ${seal.to}`;
    if (this.isSound && seal.from !== next) this.problems.add(line, `${sealed}, but ${next} comes next here: lines before it were dropped, added or reordered`);
    if (this.isSound && seal.to - seal.from + 1 !== this.size) this.problems.add(line, `${sealed}, but there are ${this.size} lines before it: lines were dropped or added`);
    if (this.isSound && !sameHash(this.entries.root(), seal.entriesRoot)) {
      this.problems.add(line, `what people read in ${this.where(line)} is not what was exported: an entry was changed together with its entryHash`);
    }
    if (seal.filter === null) this.checkBlock(line, seal);
    else this.checkClaims(seal);
  }

  /** A whole history: the segment is a block of the tree, and its path leads to the signed root. */
  private checkBlock(line: number, { from, to, end, tree }: SealStatement): void {
    const path = this.claims.at(-1)?.line === line ? this.claims.at(-1)!.path : null;
    const isBlock = end ? to === tree.size : to - from + 1 === SEGMENT_LINES; // one that begins between two blocks has no index
    const holds = path !== null && isBlock && this.claims.length === 1 && verifyInclusion({
      leafHash: this.leaves.root(),
      leafIndex: (from - 1) / SEGMENT_LINES,
      treeSize: Math.ceil(tree.size / 2 ** SEGMENT_LEVEL),
      rootHash: tree.rootHash,
      path,
    });
    if (!holds && this.isSound) this.problems.add(line, `the events in ${this.where(line)} are not those of the history: one was changed together with its leafHash, or the path was`);
  }

  /** A filtered export: each line has its own path to the signed root. */
  private checkClaims({ tree }: SealStatement): void {
    const wasSound = this.isSound;
    for (const { line, leafIndex, leafHash, path } of this.claims) {
      if (!verifyInclusion({ leafHash, leafIndex, treeSize: tree.size, rootHash: tree.rootHash, path }) && wasSound) {
        this.problems.add(line, `the event is not entry ${leafIndex} of the history: the event, its place or its path was changed`);
      }
    }
    if (this.claims.length !== this.size && this.isSound) this.problems.add(null, `in ${this.where(this.firstLine + this.size - 1)} inclusion paths are missing: they were taken out`);
  }

  private where(last: number): string {
    return this.firstLine === last ? `line ${last}` : `lines ${this.firstLine} to ${last}`;
  }
}
