import { connect, type Socket } from 'node:net';

/** What one run asks for: the requests go round and round, each connection sending its next one when it has its answer. */
export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Whole HTTP requests as text. A run of 12 `#` is replaced by a number that no other request of the process has. */
  readonly requests: readonly string[];
  /** Each request is sent once at most, and the run ends with the last; for what can be done only once. */
  readonly once?: boolean;
  /** Milliseconds from one request of a connection to its next, where it has its answer by then; without, the next follows the answer. */
  readonly every?: number;
}

export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
  /** By status, those that were not 2xx. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const END = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('content-length: ');
const PLACE = '############';

interface Template { readonly bytes: Buffer; readonly place: number }

/** Where the next run goes on in its requests: one that began at the first each time would ask for what the run before has brought into memory. */
let turn = 0;

/** Of twelve digits; another run, a second later, goes on far from where this one began. */
let counter = (Math.floor(Date.now() / 1000) % 1e7) * 1e5;

/** A keep-alive HTTP/1.1 client of one purpose: to cost little beside what it measures. */
export function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const templates = plan.requests.map((text): Template => ({ bytes: Buffer.from(text, 'latin1'), place: text.indexOf(PLACE) }));
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const until = performance.now() + plan.seconds * 1000;
  const started = performance.now();
  let next = plan.once ? 0 : turn;
  const take = (): Buffer | null => {
    if (performance.now() >= until || (plan.once && next >= templates.length)) return null;
    const template = templates[next++ % templates.length] as Template;
    if (!plan.once) turn = next;
    return numbered(template);
  };
  const answered = (status: string, milliseconds: number) => {
    latencies.push(milliseconds);
    if (!status.startsWith('2')) failures[status] = (failures[status] ?? 0) + 1;
  };
  return Promise.all(Array.from({ length: plan.connections }, () => converse(plan, take, answered))).then(() => {
    const seconds = (performance.now() - started) / 1000;
    const sorted = Float64Array.from(latencies).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
    return { answers: sorted.length, seconds, failures, p50: at(0.5), p99: at(0.99), max: at(1) };
  });
}

function numbered({ bytes, place }: Template): Buffer {
  if (place < 0) return bytes;
  const copy = Buffer.from(bytes);
  copy.write(String(++counter).padStart(PLACE.length, '0'), place, 'latin1');
  return copy;
}

function converse({ port, every = 0 }: Pick<LoadPlan, 'port' | 'every'>, take: () => Buffer | null, answered: (status: string, milliseconds: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    let pending: Buffer | null = null;
    const send = () => {
      const request = take();
      if (request === null) return void socket.end();
      sentAt = performance.now();
      socket.write(request);
    };
    socket.once('connect', send);
    socket.on('data', (chunk) => {
      const bytes = pending === null ? chunk : Buffer.concat([pending, chunk]);
      const size = sizeOf(bytes);
      if (size === null || bytes.length < size) return void (pending = bytes);
      pending = null;
      const took = performance.now() - sentAt;
      answered(bytes.toString('latin1', 9, 12), took);
      if (every > took) setTimeout(send, every - took);
      else send();
    });
    socket.once('close', () => resolve());
    socket.once('error', (error) => reject(error));
    endWith(socket, () => pending !== null, reject);
  });
}

/** Bytes of the whole answer, once its head is there. Every answer here has its length or no body (RFC 9112, section 6.3). */
function sizeOf(bytes: Buffer): number | null {
  const end = bytes.indexOf(END);
  if (end < 0) return null;
  const field = bytes.indexOf(LENGTH);
  return end + END.length + (field >= 0 && field < end ? Number.parseInt(bytes.toString('latin1', field + LENGTH.length, field + LENGTH.length + 12), 10) : 0);
}

function endWith(socket: Socket, isMidAnswer: () => boolean, reject: (reason: Error) => void): void {
  socket.once('end', () => { if (isMidAnswer()) reject(new Error('a connection was closed in the middle of an answer')); });
}
