import Database from 'better-sqlite3';
import { timestamp } from '@rolebook/kernel';
import { StoreUnavailable, type LoggedEvent, type StoredEvent } from '../port';

/** position, stream, revision, id in hexadecimal, type, data, metadata, recorded at (epoch milliseconds) */
type Row = [number, string, number, string, string, string, string, number];

const COLUMNS = 'e.position, s.name, e.revision, lower(hex(e.event_id)), e.type, e.data, e.metadata, e.recorded_at';
const LAST_REVISION = Number.MAX_SAFE_INTEGER;

/** Reads the log through a read-only connection of its own. Synchronous: whoever asks for much asks in pages. */
export class LogReader {
  private readonly db: Database.Database;
  private readonly statements;
  private seenVersion: number | undefined;
  /** Neighbours in the log often share a millisecond, and formatting it is the dearest part of a row. */
  private formatted = { at: 0, text: timestamp(0) };

  constructor(file: string, busyTimeoutMs: number) {
    this.db = new Database(file, { readonly: true, timeout: busyTimeoutMs });
    const ofStream = `SELECT ${COLUMNS} FROM streams s JOIN events e ON e.stream = s.id WHERE s.name = ?`;
    this.statements = {
      all: this.db.prepare<[number, number], Row>(`SELECT ${COLUMNS} FROM events e JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT +?`).raw(),
      ofTypes: this.db.prepare<[number, number, string, number], Row>(`SELECT ${COLUMNS} FROM events e JOIN streams s ON s.id = e.stream
        WHERE e.position > ? AND e.position <= ? AND e.type IN (SELECT value FROM json_each(?)) ORDER BY e.position LIMIT +?`).raw(),
      at: this.db.prepare<[number], Row>(`SELECT ${COLUMNS} FROM events e JOIN streams s ON s.id = e.stream WHERE e.position = ?`).raw(),
      forwards: this.db.prepare<[string, number, number], Row>(`${ofStream} AND e.revision >= ? ORDER BY e.revision LIMIT +?`).raw(),
      backwards: this.db.prepare<[string, number, number], Row>(`${ofStream} AND e.revision <= ? ORDER BY e.revision DESC LIMIT +?`).raw(),
      head: this.db.prepare<[], number | null>('SELECT max(position) FROM events').pluck(),
      version: this.db.prepare<[], number>('PRAGMA data_version').pluck(),
    };
  }

  /** @throws {StoreUnavailable} like all the others here, where the file cannot be read */
  all(after: number, limit: number): LoggedEvent[] {
    return this.query(() => this.statements.all.all(after, limit).map((row) => this.logged(row)));
  }

  /** As {@link all}, up to a position, of some types. @param types a JSON list */
  ofTypes(after: number, upTo: number, types: string, limit: number): LoggedEvent[] {
    return this.query(() => this.statements.ofTypes.all(after, upTo, types, limit).map((row) => this.logged(row)));
  }

  at(positions: readonly number[]): LoggedEvent[] {
    return this.query(() => positions.flatMap((position) => {
      const row = this.statements.at.get(position);
      return row ? [this.logged(row)] : [];
    }));
  }

  /** Events with at least this revision, in order. */
  forwards(stream: string, from: number, limit: number): StoredEvent[] {
    return this.query(() => this.statements.forwards.all(stream, from, limit).map((row) => this.stored(row)));
  }

  /** Events with at most this revision, the last one first. */
  backwards(stream: string, from = LAST_REVISION, limit: number): StoredEvent[] {
    return this.query(() => this.statements.backwards.all(stream, from, limit).map((row) => this.stored(row)));
  }

  head(): number {
    return this.query(() => this.statements.head.get() ?? 0);
  }

  /** Whether any connection has committed since this was asked last. */
  hasChanged(): boolean {
    const version = this.query(() => this.statements.version.get());
    const changed = version !== this.seenVersion;
    this.seenVersion = version;
    return changed;
  }

  close(): void {
    this.db.close();
  }

  private logged([position, stream, revision, id, type, data, metadata, at]: Row): LoggedEvent {
    return new Logged(uuidOf(id), type, data, metadata, stream, revision, this.time(at), position);
  }

  private stored([, stream, revision, id, type, data, metadata, at]: Row): StoredEvent {
    return new Stored(uuidOf(id), type, data, metadata, stream, revision, this.time(at));
  }

  private time(at: number): string {
    if (at !== this.formatted.at) this.formatted = { at, text: timestamp(at) };
    return this.formatted.text;
  }

  private query<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (cause) {
      throw new StoreUnavailable(`the event log cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause });
    }
  }
}

function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * An event as read. Classes, and not literals: of a literal V8 notes how long the objects of that line live, and once a follower has held a few thousand
 * it makes all further ones old from birth, whoever reads them. Those of an export, dead after a page, then fill the old space with all their texts.
 */
class Stored implements StoredEvent {
  constructor(
    readonly id: string, readonly type: string, readonly data: string, readonly metadata: string,
    readonly stream: string, readonly revision: number, readonly recordedAt: string,
  ) {}
}

class Logged extends Stored implements LoggedEvent {
  constructor(id: string, type: string, data: string, metadata: string, stream: string, revision: number, recordedAt: string, readonly position: number) {
    super(id, type, data, metadata, stream, revision, recordedAt);
  }
}
