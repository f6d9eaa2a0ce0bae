import type { Worker } from 'node:worker_threads';
import { spawnWorker } from '@rolebook/worker';

export interface TaskPoolOptions {
  /** The worker's file without its extension. It answers each message with `{value}` or `{error}`. */
  readonly worker: string;
  readonly concurrency: number;
  readonly queueLimit: number;
  /** What to throw where the queue is full. */
  overloaded(): Error;
}

type Outcome<Result> = { readonly value: Result } | { readonly error: string };

interface Waiting<Task, Result> {
  readonly task: Task;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: Error) => void;
}

/** Threads that take one task at a time from one bounded queue, first come, first served. They start when needed, and keep no process alive. */
export class TaskPool<Task, Result> {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting<Task, Result>>();
  readonly #queue: Waiting<Task, Result>[] = [];
  #closed = false;

  constructor(private readonly options: TaskPoolOptions) {}

  run(task: Task): Promise<Result> {
    if (this.#closed) return Promise.reject(new Error('the threads are closed'));
    if (this.#queue.length >= this.options.queueLimit && !this.#hasRoom()) return Promise.reject(this.options.overloaded());
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const { reject } of [...this.#busy.values(), ...this.#queue.splice(0)]) reject(new Error('the threads are closed'));
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #hasRoom(): boolean {
    return this.#idle.length > 0 || this.#busy.size < this.options.concurrency;
  }

  #next(): void {
    if (this.#queue.length === 0 || !this.#hasRoom()) return;
    const waiting = this.#queue.shift() as Waiting<Task, Result>;
    const worker = this.#idle.pop() ?? this.#start();
    this.#busy.set(worker, waiting);
    worker.ref();
    worker.postMessage(waiting.task);
  }

  #start(): Worker {
    const worker = spawnWorker(this.options.worker);
    worker.on('message', (outcome: Outcome<Result>) => {
      const waiting = this.#busy.get(worker);
      this.#busy.delete(worker);
      if (!this.#closed) {
        worker.unref();
        this.#idle.push(worker);
        this.#next();
      }
      if ('error' in outcome) waiting?.reject(new Error(outcome.error));
      else waiting?.resolve(outcome.value);
    });
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, new Error('the thread ended')));
    return worker;
  }

  /** The next task starts another thread in its place. */
  #lost(worker: Worker, reason: Error): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#idle.includes(worker)) this.#idle.splice(this.#idle.indexOf(worker), 1);
    waiting?.reject(reason);
    if (!this.#closed) this.#next();
  }
}
