import { sqliteCode } from '@rolebook/sqlite-files';
import type Database from 'better-sqlite3';
import { ANY, NO_STREAM, type WriteOutcome, type WriteRequest } from './messages';

/** The end of a stream. */
interface Head {
  readonly id: number;
  revision: number;
}

interface Place {
  readonly stream: number;
  readonly revision: number;
  readonly position: number;
  readonly at: number;
}

/** Streams whose end is kept in memory: a few megabytes. */
const HEADS = 50_000;
/** Pages in the write-ahead log (of 4 KiB) before they are carried over into the database. */
const CHECKPOINT_PAGES = 2000;
/** Events, at a few pages each, before it is worth asking how long the write-ahead log is. */
const CHECKPOINT_EVENTS = 400;

/**
 * Writes groups of appends, each group in one transaction and so with one fsync. Lives in the writer thread.
 *
 * An append that is refused leaves the rest of its group alone: its revision is checked before its first row is written,
 * and a retry, the rare case, takes its rows back. What is remembered between groups (ends of streams, end of the log) is forgotten
 * as soon as another process has written or a group has failed.
 */
export class LogWriter {
  private readonly heads = new Map<string, Head>();
  private last = { position: 0, at: 0 };
  private knownVersion: unknown = null;
  private nextCheckpoint = CHECKPOINT_PAGES;
  private unchecked = 0;

  private readonly statements;

  /** @param db a connection of its own, in WAL mode, with the schema in place */
  constructor(private readonly db: Database.Database) {
    this.statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      version: db.prepare<[], number>('PRAGMA data_version').pluck(),
      end: db.prepare<[], { position: number; at: number }>('SELECT position, recorded_at AS at FROM events ORDER BY position DESC LIMIT 1'),
      head: db.prepare<[string], Head>('SELECT id, (SELECT max(revision) FROM events WHERE stream = streams.id) AS revision FROM streams WHERE name = ?'),
      byId: db.prepare<[Buffer], Place>('SELECT stream, revision, position, recorded_at AS at FROM events WHERE event_id = ?'),
      addStream: db.prepare<[string]>('INSERT INTO streams (name) VALUES (?)'),
      dropStream: db.prepare<[number]>('DELETE FROM streams WHERE id = ?'),
      dropEventsAfter: db.prepare<[number]>('DELETE FROM events WHERE position > ?'),
      addEvent: db.prepare<[number, number, number, Buffer, string, string, string, number]>(
        'INSERT INTO events (position, stream, revision, event_id, type, data, metadata, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
      logSize: db.prepare<[], CheckpointRow>('PRAGMA wal_checkpoint(NOOP)'),
      checkpoint: db.prepare<[], CheckpointRow>('PRAGMA wal_checkpoint(PASSIVE)'),
    };
  }

  /**
   * Commits a group.
   * @returns what became of each append, in their order
   * @throws {Database.SqliteError} where the group could not be committed; nothing of it is stored then
   */
  write(requests: readonly WriteRequest[]): WriteOutcome[] {
    const { begin, commit } = this.statements;
    try {
      begin.run();
      this.forgetIfOthersWrote();
      const outcomes = requests.map((request) => this.append(request));
      commit.run();
      for (const { events } of requests) this.unchecked += events.length;
      return outcomes;
    } catch (reason) {
      this.knownVersion = null;
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw reason;
    }
  }

  /** Carries the write-ahead log over into the database when it has grown long. Meant for the moment after the answer was sent. */
  checkpointIfDue(): void {
    if (this.unchecked < CHECKPOINT_EVENTS) return;
    this.unchecked = 0;
    if (pages(this.statements.logSize.get()).inLog < this.nextCheckpoint) return;
    const { inLog, carried } = pages(this.statements.checkpoint.get());
    // Where a reader stands in the way, not again at every commit.
    this.nextCheckpoint = (carried < inLog ? inLog : 0) + CHECKPOINT_PAGES;
  }

  private append(request: WriteRequest): WriteOutcome {
    const head = this.head(request.stream);
    const actual = head?.revision ?? NO_STREAM;
    const fits = request.expected === ANY || request.expected === actual;
    return (fits ? this.insert(request, head) : null) ?? this.retried(request, head?.id) ?? { stored: false, actual };
  }

  /** @returns null, and leaves nothing, where one of the ids is in the log already: that is found out here, because it is rare */
  private insert({ stream, at, events }: WriteRequest, head: Head | undefined): WriteOutcome | null {
    const { addStream, addEvent, dropEventsAfter, dropStream } = this.statements;
    const id = head?.id ?? Number(addStream.run(stream).lastInsertRowid);
    const recordedAt = Math.max(this.last.at, at);
    let { position } = this.last;
    let revision = head?.revision ?? NO_STREAM;
    try {
      for (const event of events) addEvent.run(++position, id, ++revision, bytesOf(event.id), event.type, event.data, event.metadata, recordedAt);
    } catch (reason) {
      if (!isKnownId(reason)) throw reason;
      if (events.length > 1) dropEventsAfter.run(this.last.position);
      if (!head) dropStream.run(id);
      return null;
    }
    this.last = { position, at: recordedAt };
    if (head) head.revision = revision;
    else this.remember(stream, { id, revision });
    return { stored: true, revision, position, at: recordedAt };
  }

  /** The first append's outcome, where the ids are those of one append, or of a run of it, at this very stream. */
  private retried({ events }: WriteRequest, stream: number | undefined): WriteOutcome | null {
    let last: Place | undefined;
    for (const { id } of events) {
      const place = this.statements.byId.get(bytesOf(id));
      if (!place || place.stream !== stream || (last && place.revision !== last.revision + 1)) return null;
      last = place;
    }
    return last ? { stored: true, revision: last.revision, position: last.position, at: last.at } : null;
  }

  private head(stream: string): Head | undefined {
    const remembered = this.heads.get(stream);
    if (remembered) return remembered;
    const found = this.statements.head.get(stream);
    if (found) this.remember(stream, found);
    return found;
  }

  private remember(stream: string, head: Head): void {
    if (this.heads.size >= HEADS) this.heads.clear();
    this.heads.set(stream, head);
  }

  /** Inside the transaction nobody else can write, so what is known now stays true until the commit (https://sqlite.org/pragma.html#pragma_data_version). */
  private forgetIfOthersWrote(): void {
    const version = this.statements.version.get();
    if (version === this.knownVersion) return;
    this.heads.clear();
    this.last = this.statements.end.get() ?? { position: 0, at: 0 };
    this.knownVersion = version;
  }
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function isKnownId(reason: unknown): boolean {
  return sqliteCode(reason) === 'SQLITE_CONSTRAINT_UNIQUE' && (reason as Error).message.includes('events.event_id');
}

interface CheckpointRow {
  readonly log: number;
  readonly checkpointed: number;
}

function pages(row: CheckpointRow | undefined): { inLog: number; carried: number } {
  return { inLog: row?.log ?? 0, carried: row?.checkpointed ?? 0 };
}
