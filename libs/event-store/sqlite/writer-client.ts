import type { Worker } from 'node:worker_threads';
import { spells } from '@rolebook/spells';
import { StoreUnavailable } from '../port';
import { packRequests, unpackOutcome, type FromWriter, type PackedOutcomes, type ToWriter, type WriteOutcome, type WriteRequest } from './messages';

/** Limits of a group, so that nobody waits long for others: about ten milliseconds of writing. */
const GROUP_EVENTS = 1000;
const GROUP_CHARACTERS = 1 << 20;

interface Waiting {
  readonly request: WriteRequest;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (reason: StoreUnavailable) => void;
}

/** What one message carries, and what to do with its answer. */
interface Group {
  readonly requests: readonly WriteRequest[];
  /** How many there are to answer. */
  readonly callers: number;
  /** Answers one of the callers. */
  stored(outcomes: PackedOutcomes, caller: number): void;
  failed(reason: StoreUnavailable): void;
}

/**
 * The writer thread, seen from the main thread. One group is under way at a time; what is asked for meanwhile
 * becomes the next group, so under load many appends share a message and an fsync, and a single caller waits for nobody.
 * A thread that dies fails the group it had; the next group gets a new thread.
 */
export class WriterClient {
  private worker: Worker | null = null;
  private readonly bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private waiting: Waiting[] = [];
  private readonly bulk: Group[] = [];
  private bulkHasTurn = false;
  private underWay: Group | null = null;
  /** Callers of a committed group are being told, in spells: each goes on with its own work then. Nothing is sent meanwhile: what they ask for next travels together. */
  private answering = false;
  private scheduled = false;
  private closing: Promise<void> | null = null;
  private drained: (() => void) | null = null;

  /**
   * @param spawn starts a writer thread, which looks for messages whenever the bell rings
   * @param onCommit called right after the callers of a committed group have been answered
   */
  constructor(private readonly spawn: (bell: Int32Array) => Worker, private readonly onCommit: () => void, private readonly work = spells) {
    this.worker = this.start();
  }

  /** @throws {StoreUnavailable} where its group could not be committed */
  write(request: WriteRequest): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      if (this.closing) return reject(new StoreUnavailable('the event store is closed'));
      this.waiting.push({ request, resolve, reject });
      this.schedule();
    });
  }

  /** As one group, however large, in turn with the groups of single appends. */
  writeGroup(requests: readonly WriteRequest[]): Promise<WriteOutcome[]> {
    return new Promise((resolve, reject) => {
      if (this.closing) return reject(new StoreUnavailable('the event store is closed'));
      this.bulk.push({ requests, callers: 1, stored: (outcomes) => resolve(requests.map((_, index) => unpackOutcome(outcomes, index))), failed: reject });
      this.schedule();
    });
  }

  /** Finishes what was asked for, then ends the thread. */
  close(): Promise<void> {
    return (this.closing ??= this.finish());
  }

  private async finish(): Promise<void> {
    if (this.underWay || this.answering || this.waiting.length > 0 || this.bulk.length > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    const { worker } = this;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    this.tell(worker, 'close');
    await ended;
  }

  /** Sends at the end of this turn of the event loop, after the promise jobs, and after what was to be done before: all who ask meanwhile travel together. */
  private schedule(): void {
    if (this.scheduled || this.underWay || this.answering) return;
    this.scheduled = true;
    queueMicrotask(() => process.nextTick(() => this.work.begin(() => {
      this.scheduled = false;
      this.send();
    })));
  }

  private send(): void {
    const group = this.nextGroup();
    if (!group) return this.drained?.();
    this.underWay = group;
    this.tell((this.worker ??= this.start()), packRequests(group.requests));
  }

  private tell(worker: Worker, message: ToWriter): void {
    worker.postMessage(message);
    Atomics.add(this.bell, 0, 1);
    Atomics.notify(this.bell, 0);
  }

  private nextGroup(): Group | undefined {
    if (this.bulk.length > 0 && (this.bulkHasTurn || this.waiting.length === 0)) {
      this.bulkHasTurn = false;
      return this.bulk.shift();
    }
    this.bulkHasTurn = true;
    return this.waiting.length > 0 ? this.gather() : undefined;
  }

  private gather(): Group {
    let events = 0;
    let characters = 0;
    const over = this.waiting.findIndex(({ request }, index) => {
      events += request.events.length;
      for (const { data, metadata } of request.events) characters += data.length + metadata.length;
      return index > 0 && (events > GROUP_EVENTS || characters > GROUP_CHARACTERS);
    });
    const members = over < 0 ? this.waiting : this.waiting.slice(0, over);
    this.waiting = over < 0 ? [] : this.waiting.slice(over);
    return {
      requests: members.map(({ request }) => request),
      callers: members.length,
      stored: (outcomes, caller) => members[caller]?.resolve(unpackOutcome(outcomes, caller)),
      failed: (reason) => members.forEach(({ reject }) => reject(reason)),
    };
  }

  private start(): Worker {
    const worker = this.spawn(this.bell);
    let cause: unknown;
    worker.on('message', (answer: FromWriter) => this.answered(answer));
    worker.on('error', (reason) => (cause = reason));
    worker.on('exit', () => {
      if (this.worker !== worker) return;
      this.worker = null;
      if (this.underWay) this.fail(new StoreUnavailable('the writer of the event log has stopped', 1, { cause }));
    });
    return worker;
  }

  private answered(answer: FromWriter): void {
    if ('failed' in answer) return this.fail(new StoreUnavailable(`the event log cannot be written: ${answer.failed}`));
    const group = this.underWay;
    this.underWay = null;
    if (group) this.answer(group, answer);
  }

  private answer(group: Group, outcomes: PackedOutcomes): void {
    this.answering = true;
    for (let caller = 0; caller < group.callers; caller++) {
      this.work.goOn(() => {
        group.stored(outcomes, caller);
        if (caller === group.callers - 1) this.allAnswered();
      });
    }
  }

  private allAnswered(): void {
    this.answering = false;
    this.schedule();
    this.onCommit();
  }

  private fail(reason: StoreUnavailable): void {
    const group = this.underWay;
    this.underWay = null;
    group?.failed(reason);
    this.schedule();
  }
}
