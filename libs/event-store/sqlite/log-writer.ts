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
const CHECKPOINT_PAGES = 4000;
/** Events, at a few pages each, before it is worth asking how long the write-ahead log is. */
const CHECKPOINT_EVENTS = 400;

/**
 * Writes groups of appends, each group in one transaction and so with one fsync. Lives in the writer thread.
 *
 * Every append is checked before its first row is written, so one that is refused leaves nothing to undo and the rest of its
 * group is not touched. What is remembered between groups (ends of streams, end of the log) is forgotten
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

  private append({ stream, expected, at, events }: WriteRequest): WriteOutcome {
    const { byId, addStream, addEvent } = this.statements;
    const head = this.head(stream);
    const actual = head?.revision ?? NO_STREAM;

    const ids = events.map(({ id }) => Buffer.from(id.replaceAll('-', ''), 'hex'));
    const known = ids.flatMap((id) => byId.get(id) ?? []);
    if (known.length > 0) return retried(known, head?.id, ids.length) ?? { stored: false, actual };
    if (expected !== ANY && expected !== actual) return { stored: false, actual };

    const end = head ?? { id: Number(addStream.run(stream).lastInsertRowid), revision: NO_STREAM };
    this.last.at = Math.max(this.last.at, at);
    events.forEach(({ type, data, metadata }, index) => {
      addEvent.run(++this.last.position, end.id, ++end.revision, ids[index] as Buffer, type, data, metadata, this.last.at);
    });
    if (!head) this.remember(stream, end);
    return { stored: true, revision: end.revision, position: this.last.position, at: this.last.at };
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

/** The first append's outcome, where the events found by their ids are one append, or a run of it, at this very stream. */
function retried(known: readonly Place[], stream: number | undefined, length: number): WriteOutcome | null {
  const first = known[0]?.revision ?? 0;
  const last = known.at(-1);
  const same = last && known.length === length && known.every((place, index) => place.stream === stream && place.revision === first + index);
  return same ? { stored: true, revision: last.revision, position: last.position, at: last.at } : null;
}

interface CheckpointRow {
  readonly log: number;
  readonly checkpointed: number;
}

function pages(row: CheckpointRow | undefined): { inLog: number; carried: number } {
  return { inLog: row?.log ?? 0, carried: row?.checkpointed ?? 0 };
}
