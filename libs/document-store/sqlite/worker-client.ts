import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { spawnWorker } from '@rolebook/worker';
import { CollectionReplaced, DocumentStoreUnavailable } from '../port';
import type { Answer, Question, Task, Value, ValueOf } from './messages';

interface Waiting {
  readonly resolve: (value: Value) => void;
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

  /**
   * @throws {DocumentStoreUnavailable} where the file cannot be read or written, or the thread is gone
   * @throws {CollectionReplaced} where another file has taken the place of the one to be written to
   */
  ask<T extends Task>(task: T): Promise<ValueOf<T>> {
    return this.#ask(task) as Promise<ValueOf<T>>;
  }

  #ask(task: Task): Promise<Value> {
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
    const { message, kind } = answer.failure;
    waiting?.reject(kind === 'other' ? new Error(message) : new (kind === 'replaced' ? CollectionReplaced : DocumentStoreUnavailable)(message));
  }

  #end(reason: Error): void {
    this.#gone ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
