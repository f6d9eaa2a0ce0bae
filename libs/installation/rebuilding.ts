import type { Rebuilt, RebuildParts } from '@rolebook/projecting';
import { spawnWorker } from '@rolebook/worker';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Config } from './config';

/** The lease of the one process that keeps the read models, where they are kept in servers. */
export const FOLLOWERS = 'followers';

/** Read models made at once where the machine has as many processors: each holds some 500 MB. */
const AT_ONCE = 2;

/** Megabytes of a thread's young objects, the usual being 48: what is folded outlives a collection or two, and is copied at each. */
const YOUNG_MB = 192;

/** What may be chosen of {@link RebuildParts}. */
export type RebuildOptions = Pick<RebuildParts, 'anew' | 'compare' | 'markedAfter'>;

type Progress = Parameters<NonNullable<RebuildParts['onProgress']>>[0];

/** What a thread that makes read models starts with. */
export interface RebuilderData {
  readonly config: Config;
  readonly options: RebuildOptions;
}

/** The name of a read model to make, or that there is none left. */
export type ToRebuilder = { readonly make: string } | 'close';
/** `opened` once, before anything is asked for; or that it failed. */
export type FromRebuilder = 'opened' | { readonly progress: Progress } | { readonly rebuilt: Rebuilt; readonly seconds: number } | { readonly failed: unknown };

/** Who is told while read models are made. */
export interface RebuildListener {
  /** How far one has come; of those made at once, in turns. */
  onProgress?(progress: Progress): void;
  /** One is in its place. */
  onDone(rebuilt: Rebuilt, seconds: number): void;
}

/**
 * Makes read models anew while the service serves and its projector follows the log, in threads of their own, some at once. Embedded, the projector's writes wait for the moment
 * in which a new one takes the old one's place; with servers, the projector stands by for that moment.
 * @param readModels their names, as `allReadModels` has them: those that take longest come last there, and are begun with
 * @throws {Error} the first thing that went wrong, once all that could be made are
 */
export async function rebuildReadModels(config: Config, readModels: readonly string[], listener: RebuildListener, options: RebuildOptions = {}): Promise<void> {
  const left = [...readModels];
  const threads = Array.from({ length: Math.min(AT_ONCE, availableParallelism(), left.length) }, () => new Rebuilder({ config, options }, listener));
  const work = async (thread: Rebuilder) => {
    for (let name; (name = left.pop()) !== undefined;) await thread.make(name);
  };
  try {
    // All before the first begins: a store that is opened removes what nobody works on any more, and takes what another thread of its process works on for that.
    await all(threads.map((thread) => thread.open()));
    await all(threads.map(work));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** Waits for all, also where one fails. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** A thread that makes read models, one after the other. */
class Rebuilder {
  private readonly worker: Worker;
  /** Resolves once it has ended, with why. */
  private readonly ended: Promise<unknown>;
  private settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | null = null;

  constructor(workerData: RebuilderData, private readonly listener: RebuildListener) {
    this.worker = spawnWorker(join(__dirname, 'rebuilding.worker'), { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    this.worker.on('message', (said: FromRebuilder) => this.heard(said));
    let cause: unknown = new Error('the thread that makes read models has stopped');
    this.worker.on('error', (reason) => (cause = reason));
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve(cause)));
  }

  /** Resolves once its stores are open. To be called first, at once. */
  open(): Promise<void> {
    return this.settled();
  }

  make(name: string): Promise<void> {
    this.tell({ make: name });
    return this.settled();
  }

  async close(): Promise<void> {
    this.tell('close');
    await this.ended;
  }

  private settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      void this.ended.then(reject); // too late where it was settled
    });
  }

  private tell(order: ToRebuilder): void {
    this.worker.postMessage(order);
  }

  private heard(said: FromRebuilder): void {
    if (said === 'opened') return this.settle?.resolve();
    if ('progress' in said) return this.listener.onProgress?.(said.progress);
    if ('failed' in said) return this.settle?.reject(said.failed);
    this.listener.onDone(said.rebuilt, said.seconds);
    this.settle?.resolve();
  }
}
