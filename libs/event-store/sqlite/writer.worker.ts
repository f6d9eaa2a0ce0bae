import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { LogWriter } from './log-writer';
import { packOutcomes, unpackRequests, type FromWriter, type PackedRequests, type ToWriter } from './messages';

/** The thread that writes the log: takes a group, commits it, answers, takes the next. */
export interface WriterData {
  readonly file: string;
  readonly busyTimeoutMs: number;
  /** Counted up after every message. Waiting for this instead of a message event saves a tenth of a single append's time. */
  readonly bell: Int32Array;
}

const { file, busyTimeoutMs, bell } = workerData as WriterData;

let db: Database.Database | null = null;
let writer: LogWriter | null = null;

function work(main: NonNullable<typeof parentPort>): void {
  for (;;) {
    // Read before looking for a message, so that one which comes in between is not slept through.
    const rung = Atomics.load(bell, 0);
    const received = receiveMessageOnPort(main);
    if (!received) {
      Atomics.wait(bell, 0, rung);
      continue;
    }
    const message = received.message as ToWriter;
    if (message === 'close') return disconnect();
    main.postMessage(commit(message));
    checkpoint();
  }
}

function commit(group: PackedRequests): FromWriter {
  try {
    writer ??= connect();
    return packOutcomes(writer.write(unpackRequests(group)));
  } catch (reason) {
    // Whatever it was, the next group starts from a fresh connection.
    disconnect();
    return { failed: reason instanceof Error ? reason.message : String(reason) };
  }
}

function checkpoint(): void {
  try {
    writer?.checkpointIfDue();
  } catch {
    // Nothing is lost, the log only stays long. If the disk is at fault, the next group says so to its callers.
    disconnect();
  }
}

function connect(): LogWriter {
  // A file that has vanished is not made anew: that would be an empty log.
  db = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma('cache_size = -32000');
  // What a statement needs to take itself back stands in memory and in no file.
  db.pragma('temp_store = MEMORY');
  return new LogWriter(db);
}

function disconnect(): void {
  db?.close();
  db = null;
  writer = null;
}

if (parentPort) work(parentPort);
