import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { WrongExpectedRevision, type AppendResult, type EventStore, type EventToAppend, type ExpectedRevision, type LoggedEvent } from '../port';
import { Collector, everythingAfter } from './helpers.contract';

/** What a caller tries: `retry` sends again what an earlier attempt sent, else it is new. */
interface Attempt {
  readonly stream: number;
  readonly expected: 'no-stream' | 'any' | 'last' | 'stale';
  readonly events: number;
  readonly retry: number | null;
}

interface Call {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EventToAppend[];
}

type Answer = AppendResult | WrongExpectedRevision;

const attempts = fc.record<Attempt>({
  stream: fc.nat(2),
  expected: fc.constantFrom('no-stream', 'any', 'last', 'stale'),
  events: fc.integer({ min: 1, max: 3 }),
  retry: fc.option(fc.nat(30), { freq: 4 }),
});

/** Attempts of one inner list are made at the same moment, the lists one after another. */
const histories = fc.array(fc.array(attempts, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 4 });

/**
 * Whatever callers do at once, the log is what they would have made one after another in the order of the positions:
 * checked against a model that holds each stream as the list of its event ids.
 */
export function describeInterleavings(log: () => EventStore): void {
  it('is explained by one order, the order of the positions', async () => {
    await fc.assert(fc.asyncProperty(histories, async (history) => {
      const before = await log().head();
      const collector = await Collector.on(log(), before);
      const model = new Model(await log().head());
      for (const round of history) {
        const calls = round.map((attempt) => model.call(attempt));
        const answers = await Promise.all(calls.map(({ stream, expected, events }) => log().append(stream, expected, events).catch(asAnswer)));
        model.explain(calls, answers, await everythingAfter(log(), model.position));
      }
      for (const [stream, ids] of model.streams) expect((await log().readStream(stream)).map(({ id }) => id)).toEqual(ids);
      await collector.until({ position: model.position === before ? 0 : model.position });
      expect(collector.events).toEqual(await everythingAfter(log(), before));
      await collector.subscription?.stop();
    }), { numRuns: 25 });
  }, 90_000);
}

class Model {
  /** The event ids of each stream, in order. */
  readonly streams = new Map<string, string[]>();
  private readonly names: readonly string[] = [randomUUID(), randomUUID(), randomUUID()];
  private readonly calls: Call[] = [];
  private readonly results = new Map<string, AppendResult>();

  constructor(public position: number) {}

  call(attempt: Attempt): Call {
    const again = attempt.retry === null ? undefined : this.calls[attempt.retry];
    const stream = this.names[attempt.stream] ?? '';
    const last = (this.streams.get(stream)?.length ?? 0) - 1;
    const expected = attempt.expected === 'last' ? (last < 0 ? 'no-stream' : last) : attempt.expected === 'stale' ? Math.max(0, last - 1) : attempt.expected;
    const call = again ?? { stream, expected, events: Array.from({ length: attempt.events }, (_, n) => ({ id: randomUUID(), type: 'Tried', data: String(n), metadata: '{}' })) };
    this.calls.push(call);
    return call;
  }

  /** Plays what was stored in the order of its positions, then asks whether each answer fits. */
  explain(calls: readonly Call[], answers: readonly Answer[], stored: readonly LoggedEvent[]): void {
    const lengths = new Map<string, number[]>(this.names.map((name) => [name, [this.lengthOf(name)]]));
    const knownBefore = new Set(this.results.keys());
    const firstCalls = new Map<string | undefined, Call>(calls.map((call) => [call.events[0]?.id, call]));
    for (let index = 0; index < stored.length;) {
      const call = firstCalls.get(stored[index]?.id);
      if (!call) throw new Error('an event is in the log that nobody appended, or twice, or in the middle of another append');
      const written = stored.slice(index, index + call.events.length);
      this.play(call, written);
      lengths.get(call.stream)?.push(this.lengthOf(call.stream));
      index += call.events.length;
    }
    calls.forEach((call, index) => this.judge(call, answers[index] as Answer, lengths.get(call.stream) ?? [], knownBefore));
  }

  private play({ stream, expected, events }: Call, written: readonly LoggedEvent[]): void {
    const length = this.lengthOf(stream);
    if (expected !== 'any') expect(expected).toBe(length === 0 ? 'no-stream' : length - 1);
    expect(written.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(events);
    expect(written.map((event) => [event.stream, event.revision])).toEqual(events.map((_, n) => [stream, length + n]));
    for (const { position } of written) {
      expect(position).toBeGreaterThan(this.position);
      this.position = position;
    }
    this.streams.set(stream, [...(this.streams.get(stream) ?? []), ...events.map(({ id }) => id)]);
    const { revision, position, recordedAt } = written[written.length - 1] as LoggedEvent;
    this.results.set(events[0]?.id ?? '', { revision, position, recordedAt });
  }

  /** A result is that of the append as it stands in the log; a refusal needs a moment of this round in which the stream was elsewhere. */
  private judge({ stream, expected, events }: Call, answer: Answer, lengths: readonly number[], knownBefore: ReadonlySet<string>): void {
    const id = events[0]?.id ?? '';
    if (!(answer instanceof WrongExpectedRevision)) return expect(answer).toEqual(this.results.get(id));
    expect(answer).toMatchObject({ stream, expected });
    expect(knownBefore).not.toContain(id);
    expect(lengths.some((length) => expected !== (length === 0 ? 'no-stream' : length - 1))).toBe(true);
    expect(expected).not.toBe('any');
  }

  private lengthOf(stream: string): number {
    return this.streams.get(stream)?.length ?? 0;
  }
}

function asAnswer(reason: unknown): Answer {
  if (reason instanceof WrongExpectedRevision) return reason;
  throw reason;
}
