import { WorkerClient } from './worker-client';

/** Pages of 4 KiB that wait in a write-ahead log. Fewer, larger carry-overs write less in all, but hold a lone caller up for longer: 4,000 pages by half as long again. */
const LONG = 400;

/**
 * Has write-ahead logs carried over into their databases by a thread of its own. A write that did it itself would be answered only after all of that
 * is on the disk, tens of milliseconds later, and so would every write behind it. The writer's own thread carries the last few pages, so that the log
 * comes to an end and is begun anew, however busy it is.
 */
export class CarryOver {
  readonly #underWay = new Map<string, Promise<void>>();
  #thread: WorkerClient | null = null;

  /** @param writer the thread that writes to the files */
  constructor(private readonly writer: Pick<WorkerClient, 'ask'>) {}

  /** @param pagesWaiting in the file's write-ahead log, after a write */
  wrote(file: string, pagesWaiting: number): void {
    if (pagesWaiting < LONG || this.#underWay.has(file)) return;
    // What fails is tried again after the next write. Where it fails for long, a write does it, and says why it cannot.
    this.#underWay.set(file, this.#carry(file).catch(() => undefined).finally(() => this.#underWay.delete(file)));
  }

  /** Nothing is done with the file any more once this resolves; nobody may be writing to it. */
  async left(file: string): Promise<void> {
    await this.#underWay.get(file);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#underWay.values());
    await this.#thread?.stop();
  }

  async #carry(file: string): Promise<void> {
    this.#thread ??= new WorkerClient();
    await this.#thread.ask({ task: 'carry-over', file });
    await this.writer.ask({ task: 'carry-rest', file });
  }
}
