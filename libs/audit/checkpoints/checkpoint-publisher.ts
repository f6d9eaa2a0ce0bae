import { timestamp, type Clock } from '@rolebook/kernel';
import type { AuditHeadDocument } from '../projections/audit-log';
import { checkpointNote, signCheckpoint, toBase64, type Checkpoint, type NoteSigner } from '../proof';
import type { TreeQueries } from '../queries/tree.queries';
import type { CheckpointFiles } from './checkpoint-files';

/** A checkpoint as it goes out to others: also as a note (C2SP), which witnesses can read. */
export interface PublishedCheckpoint extends Checkpoint {
  readonly businessId: string;
  readonly note: string;
}

/** Takes checkpoints to where the operator of the database cannot change them. Rejects where it could not. */
export type Announce = (checkpoints: readonly PublishedCheckpoint[]) => Promise<void>;

const PAGE = 500;

/**
 * Publishes the checkpoint of every business whose history has grown, every so often and when it stops. Each is compared with the one
 * published before: a history that does not begin with what was published was changed or cut, and is never signed again.
 */
export class CheckpointPublisher {
  private readonly last = new Map<string, Checkpoint | null>();
  private readonly broken = new Set<string>();
  /** What could not be announced yet: the newest of each business. */
  private readonly unannounced = new Map<string, PublishedCheckpoint>();
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly parts: {
    readonly trees: TreeQueries;
    readonly signer: NoteSigner;
    readonly files: CheckpointFiles;
    /** `null`: files alone. */
    readonly announce: Announce | null;
    readonly clock: Clock;
    /** Whether the read model has come to the end of the log: only then is a short history a cut one. */
    readonly isCaughtUp: () => Promise<boolean>;
    readonly onProblem: (message: string, details: Record<string, unknown>) => void;
  }) {}

  start(everyMs: number): void {
    this.timer = setInterval(() => void this.publish(), everyMs);
    this.timer.unref();
    void this.publish();
  }

  /** Publishes what has grown since. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.publish();
  }

  /** One round over all businesses; rounds do not overlap. Never rejects: what went wrong is told, and tried again in the next. */
  publish(): Promise<void> {
    this.round = this.round.then(() => this.publishAll()).catch((error: unknown) => this.parts.onProblem('checkpoints could not be published', { error: error instanceof Error ? error.message : String(error) }));
    return this.round;
  }

  private async publishAll(): Promise<void> {
    const { trees } = this.parts;
    for (let after: string | null = null; ;) {
      const page: readonly AuditHeadDocument[] = await trees.businesses(after, PAGE);
      for (const { id, size } of page) if (id !== '') await this.publishOne(id, size);
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
    await this.announceAll();
  }

  private async publishOne(businessId: string, size: number): Promise<void> {
    const { trees, signer, files, clock } = this.parts;
    const last = this.last.has(businessId) ? this.last.get(businessId)! : await files.last(businessId);
    this.last.set(businessId, last);
    if (this.broken.has(businessId) || last?.size === size || !(await this.agrees(businessId, size, last))) return;
    const checkpoint = signCheckpoint({ businessId, size, rootHash: await trees.rootHash(businessId, size), at: timestamp(clock.now()) }, signer);
    await files.append(businessId, checkpoint);
    this.last.set(businessId, checkpoint);
    this.unannounced.set(businessId, { businessId, ...checkpoint, note: checkpointNote(businessId, checkpoint, signer.name) });
  }

  /** Whether the history begins with what was published last. */
  private async agrees(businessId: string, size: number, last: Checkpoint | null): Promise<boolean> {
    if (!last) return true;
    const { trees, isCaughtUp, onProblem } = this.parts;
    if (size < last.size && !(await isCaughtUp())) return false;
    if (size >= last.size && toBase64(await trees.rootHash(businessId, last.size)) === last.rootHash) return true;
    this.broken.add(businessId);
    onProblem('a history does not agree with its published checkpoint: it was changed or cut off; no more checkpoints of it are signed', { businessId, size, published: last.size, publishedAt: last.at });
    return false;
  }

  private async announceAll(): Promise<void> {
    const { announce, onProblem } = this.parts;
    if (!announce || this.unannounced.size === 0) return this.unannounced.clear();
    const checkpoints = [...this.unannounced.values()];
    try {
      await announce(checkpoints);
      for (const { businessId, size } of checkpoints) if (this.unannounced.get(businessId)?.size === size) this.unannounced.delete(businessId);
    } catch (error) {
      onProblem('checkpoints could not be announced and will be again', { count: checkpoints.length, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Announces by HTTP: `POST {checkpoints: [...]}`, to be answered with 2xx within 10 seconds. */
export function webhook(url: string): Announce {
  return async (checkpoints) => {
    const answer = await fetch(url, {
      method: 'POST', redirect: 'error', signal: AbortSignal.timeout(10_000),
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ checkpoints }),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`${new URL(url).origin} answered ${answer.status}`);
  };
}
