import { renameSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import { DocumentStoreUnavailable, type Collection, type DocumentStore } from '../port';
import { Reader } from './reader';
import { SqliteCollection } from './sqlite-collection';
import { WorkerClient } from './worker-client';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** A write-ahead log and its index stand beside the database file. */
const PARTS = ['', '-wal', '-shm', '-journal'];
const LOADING = '.loading';

/**
 * Opens the read models kept in SQLite files, one a collection: for `documents.sqlite`, `documents.user-directory-1.sqlite`
 * and so on beside it. With a file of its own a collection can be rebuilt, dropped and scrubbed while the others work.
 * @param options.file where; its folder is made if missing
 */
export async function openSqliteDocumentStore({ file }: { readonly file: string }): Promise<DocumentStore> {
  const path = resolve(file);
  await mkdir(dirname(path), { recursive: true });
  await removeAbandonedLoads(path);
  return new SqliteDocumentStore(path);
}

class SqliteDocumentStore implements DocumentStore {
  readonly #path: string;
  readonly #writer = new WorkerClient();
  readonly #open = new Set<string>();
  readonly #readers = new Map<string, Reader>();
  readonly #loaders = new Set<WorkerClient>();
  #helper: WorkerClient | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const file = this.#fileOf(spec.name);
    await this.#writer.ask({ task: 'open', file, spec });
    this.#open.add(file);
    return new SqliteCollection<Doc>(spec, {
      file,
      writer: this.#writer,
      helper: () => (this.#helper ??= new WorkerClient()),
      reader: () => this.#readerOf(file),
      load: async (loaded) => this.#load(loaded, file),
    });
  }

  async list(): Promise<readonly string[]> {
    const [start, end] = [`${this.#stem()}.`, extname(this.#path)];
    const files = await readdir(dirname(this.#path));
    return files.filter((one) => one.startsWith(start) && one.endsWith(end)).map((one) => one.slice(start.length, one.length - end.length)).filter((name) => NAME.test(name)).sort();
  }

  async drop(name: string): Promise<void> {
    const file = this.#fileOf(name);
    await this.#release(file);
    remove(file);
  }

  async scrub(): Promise<void> {
    for (const name of await this.list()) {
      const file = this.#fileOf(name);
      let from = 0;
      do from = await this.#writer.ask({ task: 'scrub', file, from });
      while (from > 0);
    }
  }

  async ping(): Promise<void> {
    if (this.#closed) throw new DocumentStoreUnavailable('the read models are closed');
    this.#writer.assertRunning();
    for (const file of this.#open) this.#readerOf(file).count({ sql: 'SELECT count(*) FROM facts', parameters: [] });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const file of [...this.#open]) await this.#release(file);
    const workers = [this.#writer, ...this.#loaders, ...(this.#helper === null ? [] : [this.#helper])];
    await Promise.all(workers.map((worker) => worker.stop()));
  }

  #readerOf(file: string): Reader {
    if (this.#closed) throw new DocumentStoreUnavailable('the read models are closed');
    let reader = this.#readers.get(file);
    if (reader === undefined) this.#readers.set(file, reader = new Reader(file));
    return reader;
  }

  async #load(spec: CollectionSpec, file: string): Promise<{ loader: WorkerClient; replace: () => Promise<void> }> {
    const loading = `${file}.${process.pid}${LOADING}`;
    remove(loading);
    const loader = new WorkerClient();
    this.#loaders.add(loader);
    await loader.ask({ task: 'load', file: loading, spec });
    const replace = async () => {
      this.#loaders.delete(loader);
      await this.#writer.ask({ task: 'close', file });
      // In one go, so that no read comes between.
      this.#closeReader(file);
      remove(file);
      renameSync(loading, file);
      await this.#writer.ask({ task: 'open', file, spec });
    };
    return { loader, replace };
  }

  async #release(file: string): Promise<void> {
    this.#open.delete(file);
    this.#closeReader(file);
    await this.#writer.ask({ task: 'close', file });
  }

  #closeReader(file: string): void {
    this.#readers.get(file)?.close();
    this.#readers.delete(file);
  }

  #stem(): string {
    return basename(this.#path, extname(this.#path));
  }

  /** @throws {TypeError} where the name could be no file's, or another's */
  #fileOf(name: string): string {
    if (!NAME.test(name)) throw new TypeError(`a collection is named like user-directory-1, not ${JSON.stringify(name)}`);
    return join(dirname(this.#path), `${this.#stem()}.${name}${extname(this.#path)}`);
  }
}

function remove(file: string): void {
  for (const part of PARTS) rmSync(`${file}${part}`, { force: true });
}

/** Bulk loads that died with their process. */
async function removeAbandonedLoads(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const owner = name.startsWith(basename(path, extname(path))) ? /\.(\d+)\.loading$/.exec(name)?.[1] : undefined;
    if (owner !== undefined && !isAlive(Number(owner))) remove(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
