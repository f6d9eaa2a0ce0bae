import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { spawnWorker } from '@rolebook/worker';
import { DocumentStoreUnavailable } from '../port';
import type { Answer, Question, Task } from './messages';

interface Waiting {
  readonly resolve: (value: number | readonly string[]) => void;
  readonly reject: (reason: Error) => void;
}

/** A thread that does the work of {@link Task}s, one after the other, in the order they were asked. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #gone: Error | null = null;

  constructor() {
    this.#worker = spawnWorker(join(__dirname, 'documents.worker'));
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (cause: Error) => this.#end(new DocumentStoreUnavailable(`the thread of the read models failed: ${cause.message}`, 1, { cause })));
    this.#worker.on('exit', () => this.#end(new DocumentStoreUnavailable('the read models are closed')));
  }

  /** @throws {DocumentStoreUnavailable} where the file cannot be read or written, or the thread is gone */
  ask(task: Exclude<Task, { task: 'search' }>): Promise<number> {
    return this.#ask(task) as Promise<number>;
  }

  /** @throws {DocumentStoreUnavailable} likewise */
  search(task: Omit<Extract<Task, { task: 'search' }>, 'task'>): Promise<readonly string[]> {
    return this.#ask({ task: 'search', ...task }) as Promise<readonly string[]>;
  }

  #ask(task: Task): Promise<number | readonly string[]> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) return reject(this.#gone);
      const number = ++this.#number;
      this.#waiting.set(number, { resolve, reject });
      this.#worker.postMessage({ number, task } satisfies Question);
    });
  }

  /** @throws {DocumentStoreUnavailable} where the thread is gone */
  assertRunning(): void {
    if (this.#gone !== null) throw this.#gone;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('value' in answer) return waiting?.resolve(answer.value);
    const { message, unavailable } = answer.failure;
    waiting?.reject(unavailable ? new DocumentStoreUnavailable(message) : new Error(message));
  }

  #end(reason: Error): void {
    this.#gone ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
