import Database from 'better-sqlite3';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { markOf } from './mark';

const NAME = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(\d+))?$/;
const ONLY_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** A write-ahead log and its index stand beside the database file. */
const PARTS = ['', '-wal', '-shm', '-journal'];
const LOADING = '.loading';
/** Loads that this process has begun. */
let loads = 0;
/** Their files, of those under way. */
const underWay = new Set<string>();

/** What a file says once another has taken its place. Both stand in the same folder. */
export interface Successor {
  /** The file's name. */
  readonly file: string;
  /** Its name while it was being made; who finds this one renames it. */
  readonly from: string;
}

/**
 * Which file is a collection's: `documents.user-directory-1.sqlite`, and once it has been made anew `documents.user-directory-1.2.sqlite`
 * and so on. Another process may have the old one open and must neither write to it any more nor touch the new one's write-ahead log, so the
 * new one never takes the old one's name (https://sqlite.org/howtocorrupt.html, section 2.4).
 *
 * What makes a new file the collection's is one committed row in the old one. All that follows, a rename and the old one's removal, is
 * done by whoever comes first should the process that began it die.
 */
export class Generations {
  readonly #folder: string;
  readonly #stem: string;
  readonly #extension: string;

  constructor(path: string) {
    this.#folder = dirname(path);
    this.#extension = extname(path);
    this.#stem = basename(path, this.#extension);
  }

  /** The collection's file, which need not exist. @throws {TypeError} where the name could be no file's, or another's */
  current(name: string): string {
    // A file gets its name after the row that makes it the collection's, so all before it are done with.
    let number = this.#numbers(name).at(-1) ?? 1;
    for (let next: number | null; (next = this.#successor(name, number)) !== null;) number = next;
    return this.#file(name, number);
  }

  /** The file that will take its place. */
  next(name: string): string {
    return this.#file(name, Math.max(1, ...this.#numbers(name)) + 1);
  }

  /** What it is called while it is made, by this process; until it is {@link over}. */
  begin(name: string): string {
    const loading = `${this.next(name)}.${process.pid}-${++loads}${LOADING}`;
    underWay.add(loading);
    return loading;
  }

  over(loading: string): void {
    underWay.delete(loading);
  }

  /** Files of loads that nobody works on any more. @param name of a collection; without, of all */
  left(name?: string): readonly string[] {
    const begin = `${this.#stem}.${name === undefined ? '' : `${name}.`}`;
    return readdirSync(this.#folder).filter((file) => file.startsWith(begin)).flatMap((file) => {
      const owner = /\.(\d+)-\d+\.loading$/.exec(file)?.[1];
      const path = join(this.#folder, file);
      if (owner === undefined || underWay.has(path)) return [];
      return Number(owner) === process.pid || !isAlive(Number(owner)) ? [path] : [];
    });
  }

  /** Names of all collections. */
  names(): readonly string[] {
    return [...new Set(this.#all().map(({ name }) => name))].sort();
  }

  drop(name: string): void {
    for (const number of this.#numbers(name)) removeFile(this.#file(name, number));
  }

  /** Removes files that others have taken the places of, and loads that died with their process and cannot be gone on with. */
  tidy(): void {
    for (const name of this.names()) {
      const current = this.current(name);
      for (const number of this.#numbers(name)) {
        if (this.#file(name, number) === current) break;
        removeFile(this.#file(name, number));
      }
    }
    for (const file of this.left()) if (markOf(file) === null) removeFile(file);
  }

  /** The number of the file that has taken this one's place; `null` where none has. */
  #successor(name: string, number: number): number | null {
    const file = this.#file(name, number);
    // The usual case costs a look at the folder and no more.
    const base = `${this.#stem}.${name}.`;
    if (!readdirSync(this.#folder).some((one) => one.startsWith(base) && one.endsWith(LOADING))) return null;
    const successor = successorIn(file);
    if (successor === null) return null;
    try {
      renameSync(join(this.#folder, successor.from), join(this.#folder, successor.file));
    } catch (error) {
      if (!existsSync(join(this.#folder, successor.file))) throw error; // otherwise somebody else was first
    }
    return Number(NAME.exec(this.#between(successor.file) ?? '')?.[2] ?? 1);
  }

  #numbers(name: string): readonly number[] {
    if (!ONLY_NAME.test(name)) throw new TypeError(`a collection is named like user-directory-1, not ${JSON.stringify(name)}`);
    return this.#all().flatMap((one) => (one.name === name ? [one.number] : [])).sort((a, b) => a - b);
  }

  #all(): { readonly name: string; readonly number: number }[] {
    return readdirSync(this.#folder).flatMap((file) => {
      const [, name, number] = NAME.exec(this.#between(file) ?? '') ?? [];
      return name === undefined ? [] : [{ name, number: Number(number ?? 1) }];
    });
  }

  /** What stands between the store's name and the extension. */
  #between(file: string): string | null {
    const isOurs = file.startsWith(`${this.#stem}.`) && file.endsWith(this.#extension);
    return isOurs ? file.slice(this.#stem.length + 1, file.length - this.#extension.length) : null;
  }

  #file(name: string, number: number): string {
    return join(this.#folder, `${this.#stem}.${name}${number === 1 ? '' : `.${number}`}${this.#extension}`);
  }
}

/** What has taken a file's place; `null` where nothing has, and for what is no collection's file yet. */
function successorIn(file: string): Successor | null {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { fileMustExist: true });
    const found = db.prepare<[], string>(`SELECT value FROM facts WHERE name = 'successor'`).pluck().get();
    return found === undefined ? null : (JSON.parse(found) as Successor);
  } catch {
    // Opening it for use says what is wrong with it.
    return null;
  } finally {
    db?.close();
  }
}

export function removeFile(file: string): void {
  for (const part of PARTS) rmSync(`${file}${part}`, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
