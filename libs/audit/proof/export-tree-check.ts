import type { SealStatement } from './export-seal';
import { sameHash } from './merkle-hash';
import type { CompactRange } from './merkle-tree';
import { verifyConsistency } from './merkle-verify';

export interface TreeCheck {
  /** What the export says of itself; its signature holds. */
  readonly seal: SealStatement;
  /** The tree over the events of the export. */
  readonly whole: CompactRange;
  /** Its root when it had as many leaves as the checkpoint; `null` where it never had. */
  readonly rootAtCheckpoint: Uint8Array | null;
  readonly head: { readonly size: number; readonly rootHash: Uint8Array };
  readonly consistency?: { readonly from: number; readonly to: number; readonly path: readonly Uint8Array[] };
}

/**
 * Whether the export and the checkpoint are of one history. A whole export shows it itself where it reaches as far as the
 * checkpoint; otherwise, and for a filtered one of another size, a consistency proof must.
 * @returns what is wrong, in one sentence, or `null`
 */
export function checkTree({ seal: { tree, filter }, whole, rootAtCheckpoint, head, consistency }: TreeCheck): string | null {
  if (filter === null && (whole.size !== tree.size || !sameHash(whole.root(), tree.rootHash))) return 'the events of the export do not make up the history that its seal names';
  const shown = filter === null ? rootAtCheckpoint : head.size === tree.size ? tree.rootHash : null;
  if (shown) return sameHash(shown, head.rootHash) ? null : `the checkpoint is of another history: its root hash at ${head.size} entries is not that of this export`;
  const [smaller, larger] = head.size < tree.size ? [head, tree] : [tree, head];
  const sizes = `from=${smaller.size}&to=${larger.size}`;
  if (!consistency) {
    return `the checkpoint is over ${head.size} entries, the export was made at ${tree.size}: the export was cut off, or they are of different moments. `
      + `If the latter, give a checkpoint of the same size, or the answer of GET /v1/audit/proofs/consistency?${sizes}`;
  }
  if (consistency.from !== smaller.size || consistency.to !== larger.size) return `the consistency proof is from ${consistency.from} to ${consistency.to}; needed is ${sizes}`;
  const holds = verifyConsistency({ from: smaller.size, fromRoot: smaller.rootHash, to: larger.size, toRoot: larger.rootHash, path: consistency.path });
  return holds ? null : 'the consistency proof does not hold: the checkpoint is of another history, or the proof was changed';
}
