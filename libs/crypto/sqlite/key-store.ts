import { once } from 'node:events';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { spells } from '@rolebook/spells';
import { asUnusable } from '@rolebook/sqlite-files';
import { spawnWorker } from '@rolebook/worker';
import { KeyStoreUnavailable, type KeyStore } from '../port';
import { ownCopy } from '../secret-bytes';
import type { KeyStoreCall, KeyStoreMethod, KeyStoreResult } from './key-database';

const MAX_BATCH = 1024;

interface Waiting {
  readonly call: KeyStoreCall;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Opens the embedded key store, one SQLite file of its own (usually `keys.db`), and makes it where there is none.
 *
 * What is acknowledged is on disk (`synchronous=FULL`). A thread owns the file, so the event loop never waits for the disk;
 * calls that come while a batch is under way go together in the next one and share its fsync.
 * After `destroy` the wrapped key is in none of its files any more, the write-ahead log included
 * (what a disk or a snapshot keeps of freed blocks is beyond it).
 * @throws {DatabaseUnusable} where it cannot serve; the message says what to do
 * @throws {Error} where the file was written by a newer version
 */
export async function openSqliteKeyStore(options: { readonly file: string }): Promise<KeyStore> {
  const worker = spawnWorker(join(__dirname, 'key-store.worker'), { workerData: { file: options.file } });
  try {
    await once(worker, 'message'); // rejects with the worker's error where it could not open
  } catch (error) {
    throw asUnusable(error, `The key store ${options.file}`, 'Restore keys.db from its newest backup: without it no personal data can be read.');
  }
  return new SqliteKeyStore(worker);
}

class SqliteKeyStore implements KeyStore {
  readonly #worker: Worker;
  #waiting: Waiting[] = [];
  #underWay: readonly Waiting[] = [];
  #failure: Error | null = null;
  #closing: Promise<void> | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (results: readonly KeyStoreResult[]) => this.#settle(results));
    worker.on('error', (error) => this.#fail(new KeyStoreUnavailable('the key store stopped: restart the service', 1, { cause: error })));
    worker.unref();
    worker.on('exit', () => this.#fail(new Error('the key store is closed')));
  }

  getMany(subjects: readonly string[]) { return this.#call('getMany', subjects); }
  putIfAbsent(subject: string, wrapped: Uint8Array) { return this.#call('putIfAbsent', subject, ownCopy(wrapped)); }
  destroy(subject: string, at: string) { return this.#call('destroy', subject, at); }
  destroyed() { return this.#call('destroyed'); }
  scan(options: { readonly afterSubject?: string; readonly limit: number }) { return this.#call('scan', options); }
  rewrap(keys: readonly { readonly subject: string; readonly wrapped: Uint8Array }[]) {
    return this.#call('rewrap', keys.map(({ subject, wrapped }) => ({ subject, wrapped: ownCopy(wrapped) })));
  }
  getSecret(name: string) { return this.#call('getSecret', name); }
  putSecretIfAbsent(name: string, wrapped: Uint8Array) { return this.#call('putSecretIfAbsent', name, ownCopy(wrapped)); }
  putSecret(name: string, wrapped: Uint8Array) { return this.#call('putSecret', name, ownCopy(wrapped)); }
  secretNames() { return this.#call('secretNames'); }
  ping() { return this.#call('ping'); }

  /** Finishes what was asked before, then closes the file. Again: no change. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#failure) return;
    const exit = once(this.#worker, 'exit');
    await this.#enqueue({ method: 'ping', args: [] }).catch(() => undefined);
    this.#worker.ref();
    this.#worker.postMessage(null);
    await exit;
  }

  #call<Method extends KeyStoreMethod>(method: Method, ...args: Parameters<KeyStore[Method]>): ReturnType<KeyStore[Method]> {
    const answer = this.#closing ? Promise.reject(new Error('the key store is closed')) : this.#enqueue({ method, args } as unknown as KeyStoreCall);
    return answer as ReturnType<KeyStore[Method]>;
  }

  #enqueue(call: KeyStoreCall): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      // Callers of the same turn of the event loop, or of work that was to be done before, are to share a batch, so the first one does not go alone.
      if (this.#underWay.length === 0 && this.#waiting.length === 1) queueMicrotask(() => spells.begin(() => this.#send()));
    });
  }

  #send(): void {
    if (this.#underWay.length > 0 || this.#waiting.length === 0 || this.#failure) return;
    this.#underWay = this.#waiting.splice(0, MAX_BATCH);
    this.#worker.ref();
    this.#worker.postMessage(this.#underWay.map(({ call }) => call));
  }

  #settle(results: readonly KeyStoreResult[]): void {
    const settled = this.#underWay;
    this.#underWay = [];
    this.#worker.unref(); // waiting for calls keeps no process alive
    this.#send();
    settled.forEach(({ resolve, reject }, i) => {
      const result = results[i] as KeyStoreResult;
      if ('error' in result) reject(new (result.again ? KeyStoreUnavailable : Error)(`key store: ${result.error}`));
      else spells.goOn(() => resolve(result.value));
    });
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    const lost = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    for (const { reject } of lost) reject(this.#failure);
  }
}
