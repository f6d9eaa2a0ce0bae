import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface LogRecord extends ProposedEvent {
  /** Commit position: an offset in bytes, as the server's; with gaps, and from 0. */
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  /** Ticks of 100 ns since the Unix epoch. */
  readonly created: string;
}

export type Expected = number | 'no-stream' | 'any' | 'stream-exists';
export type AppendOutcome = { readonly last: LogRecord } | { readonly wrong: true; readonly actual: number | null };

/** What a record takes in the log besides its texts, about. */
const RECORD_OVERHEAD = 128;
/** Events the server writes for itself, in turn. Only the first kind has both a type and a stream that begin with `$`. */
const SYSTEM_EVENTS = [
  { stream: '$stats-127.0.0.1:2113', type: '$statsCollected' },
  { stream: '$projections-totals-result', type: 'Result' },
  { stream: 'by-correlation', type: '$>' },
];

/**
 * The transaction log of one server: streams, commit positions, idempotence. In memory, and in a file where one is given.
 * The decisions follow the server's `CheckCommit` (EventStoreDB 20.10 to 24.10).
 */
export class DoubleLog {
  readonly records: LogRecord[] = [];
  private readonly streams = new Map<string, LogRecord[]>();
  private readonly ids = new Map<string, LogRecord>();
  private readonly waiting = new Set<() => void>();
  private size = 0;
  private written = 0;

  constructor(private readonly options: { readonly now: () => number; readonly file?: string; readonly systemEvents: boolean }) {
    if (options.file !== undefined && existsSync(options.file)) this.load(readFileSync(options.file, 'utf8'));
    if (this.records.length === 0) this.store('$settings', [systemEvent('$settings')]);
  }

  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendOutcome {
    const history = this.stream(stream);
    const current = history.length - 1;
    const again = this.stored(stream, expected, current, events);
    if (again) return again;
    if (expected === 'stream-exists' && current < 0) return { wrong: true, actual: null };
    const expectedRevision = expected === 'no-stream' ? -1 : expected;
    if (typeof expectedRevision === 'number' && expectedRevision !== current) return { wrong: true, actual: current < 0 ? null : current };

    const last = this.store(stream, events);
    const system = SYSTEM_EVENTS[this.written++ % SYSTEM_EVENTS.length];
    if (this.options.systemEvents && system) this.store(system.stream, [systemEvent(system.type)]);
    for (const wake of this.waiting) wake();
    return { last };
  }

  /** The first outcome where this very append was stored before, or a refusal where a part of it was. */
  private stored(stream: string, expected: Expected, current: number, events: readonly ProposedEvent[]): AppendOutcome | null {
    const wrong = { wrong: true, actual: current < 0 ? null : current } as const;
    if (typeof expected === 'number' || expected === 'no-stream') {
      const first = expected === 'no-stream' ? 0 : expected + 1;
      const there = this.stream(stream).slice(first, first + events.length);
      const same = there.findIndex(({ id }, index) => id !== events[index]?.id);
      if (there.length === 0) return null;
      return same < 0 && there.length === events.length ? { last: there.at(-1) as LogRecord } : wrong;
    }
    const known = events.map(({ id }) => this.ids.get(`${stream} ${id}`));
    if (!known[0]) return null;
    return known.every((record) => record) ? { last: known.at(-1) as LogRecord } : wrong;
  }

  stream(name: string): readonly LogRecord[] {
    return this.streams.get(name) ?? [];
  }

  /** Index of the first record at or after a commit position. */
  indexOf(position: number): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle] as LogRecord).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Calls back at every append, until the returned function is called. */
  onAppend(wake: () => void): () => void {
    this.waiting.add(wake);
    return () => this.waiting.delete(wake);
  }

  private store(stream: string, events: readonly ProposedEvent[]): LogRecord {
    const first = this.stream(stream).length;
    const added = events.map((event, index): LogRecord => {
      const position = this.size;
      this.size += RECORD_OVERHEAD + Buffer.byteLength(stream) + event.data.length + event.metadata.length;
      return { ...event, stream, revision: first + index, position, created: `${Math.floor(this.options.now())}${String((position + index) % 10_000).padStart(4, '0')}` };
    });
    for (const record of added) this.remember(record);
    if (this.options.file !== undefined) appendFileSync(this.options.file, added.map(serialise).join(''));
    return added.at(-1) as LogRecord;
  }

  private remember(record: LogRecord): void {
    this.records.push(record);
    const history = this.streams.get(record.stream);
    if (history) history.push(record);
    else this.streams.set(record.stream, [record]);
    this.ids.set(`${record.stream} ${record.id}`, record);
  }

  private load(lines: string): void {
    for (const line of lines.split('\n')) {
      // A line without its end was being written when the process was killed, so it was never acknowledged.
      if (line === '' || !line.endsWith('}')) continue;
      const { data, metadata, end, ...rest } = JSON.parse(line) as Omit<LogRecord, 'data' | 'metadata'> & { data: string; metadata: string; end: number };
      this.remember({ ...rest, data: Buffer.from(data, 'base64'), metadata: Buffer.from(metadata, 'base64') });
      this.size = end;
    }
  }
}

function systemEvent(type: string): ProposedEvent {
  return { id: crypto.randomUUID(), type, contentType: 'application/json', data: Buffer.from('{}'), metadata: new Uint8Array() };
}

function serialise(record: LogRecord): string {
  const { data, metadata, ...rest } = record;
  const end = record.position + RECORD_OVERHEAD + Buffer.byteLength(record.stream) + data.length + metadata.length;
  return `${JSON.stringify({ ...rest, data: Buffer.from(data).toString('base64'), metadata: Buffer.from(metadata).toString('base64'), end })}\n`;
}
