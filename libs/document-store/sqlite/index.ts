import { renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import { putOnDisk } from '@rolebook/sqlite-files';
import { DocumentStoreUnavailable, type BulkLoad, type Collection, type DocumentStore, type Hold, type LeftLoad, type LoadOptions } from '../port';
import { SqliteBulkLoad } from './bulk-load';
import { CarryOver } from './carry-over';
import { Generations, removeFile } from './generations';
import { markOf, type StoredMark } from './mark';
import { Reader } from './reader';
import { SqliteCollection, type CollectionHost } from './sqlite-collection';
import { WorkerClient } from './worker-client';

/**
 * Opens the read models kept in SQLite files, one a collection: for `documents.sqlite`, `documents.user-directory-1.sqlite`
 * and so on beside it. With a file of its own a collection can be rebuilt, dropped and scrubbed while the others work.
 * @param options.file where; its folder is made if missing
 */
export async function openSqliteDocumentStore({ file }: { readonly file: string }): Promise<DocumentStore> {
  const path = resolve(file);
  await mkdir(dirname(path), { recursive: true });
  const generations = new Generations(path);
  generations.tidy();
  return new SqliteDocumentStore(generations);
}

/** A collection in use. */
interface Opened {
  readonly spec: CollectionSpec;
  file: string;
  /** Resolves when nobody keeps it from being written to. */
  held: Promise<void> | null;
}

class SqliteDocumentStore implements DocumentStore {
  readonly #generations: Generations;
  readonly #writer = new WorkerClient();
  readonly #opened = new Map<string, Opened>();
  readonly #readers = new Map<string, Reader>();
  readonly #loaders = new Set<WorkerClient>();
  /** Files of loads that have not taken their place. */
  readonly #loading = new Set<string>();
  readonly #carryOver = new CarryOver(this.#writer);
  #helper: WorkerClient | null = null;
  #closed = false;

  constructor(generations: Generations) {
    this.#generations = generations;
  }

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const file = await this.#fileOf(spec.name);
    await this.#writer.ask({ task: 'open', file, spec });
    const opened = this.#opened.get(spec.name) ?? { spec, file, held: null };
    this.#opened.set(spec.name, opened);
    return new SqliteCollection<Doc>(spec, {
      ...this.#threads(),
      get file() { return opened.file; },
      reader: () => this.#readerOf(opened.file),
      letIn: async () => { while (opened.held) await opened.held; },
      follow: () => this.#follow(opened),
    });
  }

  async list(): Promise<readonly string[]> {
    return this.#generations.names();
  }

  async drop(name: string): Promise<void> {
    await this.#release(await this.#fileOf(name));
    this.#opened.delete(name);
    this.#generations.drop(name);
  }

  async scrub(): Promise<void> {
    for (const left of this.#generations.left()) removeFile(left);
    for (const name of await this.list()) {
      const file = await this.#fileOf(name);
      let from = 0;
      do from = await this.#writer.ask({ task: 'scrub', file, from });
      while (from > 0);
    }
  }

  async hold(loads: readonly Pick<BulkLoad, 'spec'>[]): Promise<Hold> {
    const held: Held[] = [];
    const release = async () => {
      for (const { opened, letGo } of held.splice(0)) {
        await this.#writer.ask({ task: 'let-go', file: opened.file });
        letGo();
      }
    };
    const checkpoints = new Map<string, number>();
    try {
      for (const load of loads as readonly SqliteBulkLoad<Document>[]) {
        const opened = this.#opened.get(load.spec.name);
        if (!opened || !load.isPrepared) throw new Error(`${load.spec.name} is not prepared`);
        let letGo = () => undefined as void;
        opened.held = new Promise((done) => { letGo = () => { opened.held = null; done(); }; });
        held.push({ load, opened, letGo });
        checkpoints.set(load.spec.name, await this.#writer.ask({ task: 'hold', file: opened.file }));
      }
    } catch (error) {
      await release();
      throw error;
    }
    const replace = async () => {
      for (let next; (next = held[0]); held.shift()) {
        await this.#replace(next.opened, next.load.host.loading);
        next.letGo();
      }
    };
    return { checkpoints, release, replace };
  }

  async ping(): Promise<void> {
    if (this.#closed) throw new DocumentStoreUnavailable('the read models are closed');
    this.#writer.assertRunning();
    for (const { file } of this.#opened.values()) this.#readerOf(file).count({ sql: 'SELECT count(*) FROM facts', parameters: [] });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const file of [...this.#loading, ...[...this.#opened.values()].map((opened) => opened.file)]) await this.#release(file);
    const workers = [this.#writer, ...this.#loaders, ...(this.#helper === null ? [] : [this.#helper])];
    await Promise.all([...workers, this.#carryOver].map((worker) => worker.stop()));
    for (const file of this.#loading) {
      this.#generations.over(file);
      if (markOf(file) === null) removeFile(file);
    }
  }

  #threads(): Pick<CollectionHost, 'writer' | 'helper' | 'carryOver' | 'load' | 'left'> {
    return {
      writer: this.#writer,
      carryOver: this.#carryOver,
      helper: () => (this.#helper ??= new WorkerClient()),
      load: (spec, options) => this.#load(spec, options),
      left: async (spec) => this.#left(spec),
    };
  }

  #readerOf(file: string): Reader {
    if (this.#closed) throw new DocumentStoreUnavailable('the read models are closed');
    let reader = this.#readers.get(file);
    if (reader === undefined) this.#readers.set(file, reader = new Reader(file));
    return reader;
  }

  /** The newest of the loads that were left. */
  #left<Doc extends Document>(spec: CollectionSpec): LeftLoad<Doc> | null {
    const left = this.#generations.left(spec.name).toReversed().flatMap((file) => {
      const mark = markOf(file);
      return mark?.spec === JSON.stringify(spec) ? [{ file, mark }] : [];
    })[0];
    return left === undefined ? null : { note: left.mark.note, goOn: (options = {}) => this.#load<Doc>(spec, options, left) };
  }

  /** @param left what to go on with */
  async #load<Doc extends Document>(spec: CollectionSpec, { eachOnce = false }: LoadOptions, left?: { readonly file: string; readonly mark: StoredMark }): Promise<BulkLoad<Doc>> {
    const loading = this.#generations.begin(spec.name);
    this.#loading.add(loading);
    // What came after its mark was taken back when that was read. Of two who would go on with it, one fails here.
    if (left) renameSync(left.file, loading);
    for (const other of this.#generations.left(spec.name)) removeFile(other);
    const loader = new WorkerClient();
    this.#loaders.add(loader);
    await loader.ask({ task: 'load', file: loading, spec, eachOnce });
    const open = async () => {
      this.#loaders.delete(loader);
      await this.#writer.ask({ task: 'open', file: loading, spec });
      const host = { ...this.#threads(), file: loading, reader: () => this.#readerOf(loading), letIn: async () => undefined, follow: async () => undefined };
      return new SqliteCollection<Doc>(spec, host);
    };
    const abandon = async () => {
      await this.#release(loading);
      this.#forget(loading);
      removeFile(loading);
    };
    const replace = async (load: Pick<BulkLoad, 'spec'>) => (await this.hold([load])).replace();
    return new SqliteBulkLoad<Doc>(spec, { loading, loader, open, abandon, replace }, left?.mark.added);
  }

  /** See {@link Generations}: the row written by `succeed` decides, and all after it would be done by others too. */
  async #replace(opened: Opened, loading: string): Promise<void> {
    const file = this.#generations.next(opened.spec.name);
    await this.#release(loading);
    putOnDisk(loading);
    await this.#writer.ask({ task: 'succeed', file: opened.file, successor: { file: basename(file), from: basename(loading) } });
    const old = opened.file;
    // Renames it, unless somebody who waited to write has already done so.
    await this.#follow(opened);
    putOnDisk(dirname(file));
    this.#forget(loading);
    removeFile(old);
  }

  #forget(loading: string): void {
    this.#loading.delete(loading);
    this.#generations.over(loading);
  }

  /** Opens the file that is the collection's now. */
  async #follow(opened: Opened): Promise<void> {
    const file = this.#generations.current(opened.spec.name);
    if (file === opened.file) return;
    await this.#writer.ask({ task: 'open', file, spec: opened.spec });
    const old = opened.file;
    opened.file = file;
    await this.#release(old);
  }

  async #release(file: string): Promise<void> {
    this.#readers.get(file)?.close();
    this.#readers.delete(file);
    await this.#carryOver.left(file);
    await this.#writer.ask({ task: 'close', file });
  }

  /** The file that is the collection's now: opened under an older name, it would come to life again. */
  async #fileOf(name: string): Promise<string> {
    const opened = this.#opened.get(name);
    if (!opened) return this.#generations.current(name);
    await this.#follow(opened);
    return opened.file;
  }
}

interface Held {
  readonly load: SqliteBulkLoad<Document>;
  readonly opened: Opened;
  readonly letGo: () => void;
}
