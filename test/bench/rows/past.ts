import { streamNames } from '@rolebook/access';
import type { BulkAppend, SqliteEventStore } from '@rolebook/event-store/sqlite';
import { openFoundation, readConfig } from '@rolebook/installation';
import { systemClock, timestamp, uuidv7, type DomainEvent } from '@rolebook/kernel';
import { createHash } from 'node:crypto';
import { interleaved, milliseconds, ratio, runOnce, type Run } from '../frame/compare';
import { figureOf, type Line } from '../frame/figures';
import { call, request, target } from '../frame/http';
import { memoryMiB } from '../frame/pinned';
import type { Bench, Row } from '../frame/row';
import type { Service } from '../frame/service';
import { watched } from '../frame/watched';
import { userId } from '../seed';
import type { Seeded } from '../seed/seeded';

const LONG_HISTORY = 10_000;
/** Whose history is made long. */
const PERSON = 20;
/** In the middle of the year that the seed is of. */
const PAST = timestamp(Date.UTC(2025, 6, 1));
const NAMED_LAST = `Named ${LONG_HISTORY} times`;

/** As it was: one user with a long history, and the first page of everybody. */
export const timeTravel: Row = {
  name: 'time-travel',
  async run(bench) {
    const seeded = await bench.seeded();
    await bench.stopService();
    const middle = await longHistory(bench, seeded);
    const service = await bench.service();
    const token = seeded.token(seeded.large, 0);
    const path = `/v1/users/${userId(seeded.large, PERSON)}`;
    // It says that it is behind for as long as the long history is new to it.
    await until(() => call<{ displayName: string }>(service, 'GET', path, { token }).then(({ body }) => body.displayName === NAMED_LAST, isBehind));
    const to = (what: string) => target(what, service, [request('GET', what, { token })]);
    const [now = [], then = []] = await interleaved(bench.generator, [to(path), to(`${path}?at=${middle}`)], { rounds: bench.rounds, seconds: bench.seconds, connections: 16 });
    const page = to(`/v1/users?limit=20&sort=displayName&at=${PAST}`);
    await runOnce(bench.generator, page, { seconds: 1, connections: 1 });
    const pages: Run[] = [];
    const { loop } = await watched(service, 'pages as they were', async () => {
      for (let round = 0; round < bench.rounds; round++) pages.push(await runOnce(bench.generator, page, { seconds: bench.seconds, connections: 1 }));
    });
    const what = `a user with ${LONG_HISTORY.toLocaleString('en')} events as they were, against as they are`;
    return [
      { what: `${what}: p50`, yardstick: milliseconds(now, (run) => run.p50), ours: milliseconds(then, (run) => run.p50), value: ratio(then, now, (run) => run.p50), unit: 'x', goal: { atMost: 5 } },
      { what: `${what}: CPU a request`, yardstick: null, ours: '', value: ratio(then, now, (run) => run.cpuMicros), unit: 'x', goal: { atMost: 5 } },
      { what: `the first page of ${seeded.large.users.toLocaleString('en')} users as they were: p99`, yardstick: null, ours: `p50 ${milliseconds(pages, (run) => run.p50)}`, value: figureOf(pages, (run) => run.p99), unit: 'ms', goal: { atMost: 200 } },
      loop,
    ];
  },
};

/** Gives one user so many events, unless they have them. @returns a moment in the middle of them */
async function longHistory(bench: Bench, { data, large }: Seeded): Promise<string> {
  const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: 'setup-token-of-the-bench' }), systemClock);
  const { stores, codec } = foundation;
  const id = userId(large, PERSON);
  const stream = streamNames.user(large.id, id);
  const idOf = (n: number) => uuidv7(Date.UTC(2026, 0, 2), createHash('sha256').update(`long history ${n}`).digest());
  async function* renamed(): AsyncGenerator<BulkAppend> {
    for (let n = 1; n <= LONG_HISTORY; n++) {
      const event = { type: 'ProfileEdited', data: { userId: id, from: { displayName: `Named ${n - 1} times` }, to: { displayName: `Named ${n} times` } } } as unknown as DomainEvent;
      const metadata = { businessId: large.id, actor: { type: 'user', id }, commandId: idOf(n), requestId: null, sessionId: null, ip: null, device: null } as const;
      yield { stream, recordedAt: Date.UTC(2026, 0, 2) + n * 1000, events: await codec.encode([{ id: idOf(n), event }], metadata) };
    }
  }
  try {
    bench.say(`time-travel: ${LONG_HISTORY.toLocaleString('en')} events for one user`);
    // Those that are there already are passed over by their ids.
    await (stores.events as SqliteEventStore).bulkAppend(renamed());
    const [middle] = await stores.events.readStream(stream, { from: LONG_HISTORY / 2, limit: 1 });
    return middle?.recordedAt ?? PAST;
  } finally {
    await stores.close();
  }
}

/** @throws whatever else went wrong */
function isBehind(error: Error): false {
  if (error.message.includes(': 503 ')) return false;
  throw error;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 250));
}

const MOST_ENTRIES = 1_000_000;
/** What a slow reader takes before it pauses, and for how long: at most 1.4 MB a second. */
const GULP = 2 ** 22;
const PAUSE_MS = 3_000;
/** Code is compiled and caches are filled by then: what memory is taken after it is taken by the length of the export. */
const WARM_ENTRIES = 15_000;

/** The whole audit log to somebody who reads more slowly than it can be written. */
export const auditExport: Row = {
  name: 'export',
  async run(bench) {
    const seeded = await bench.seeded();
    const lines: Line[] = [];
    for (const [reader, pause] of [['quick', 0], ['slow', PAUSE_MS]] as const) {
      await bench.stopService();
      const service = await bench.service();
      const token = seeded.token(seeded.large, 0);
      await call(service, 'GET', '/v1/users?limit=20', { token });
      // A slow reader is heard out for a minute, a quick one to the millionth entry.
      const { result: { entries, seconds, risen }, loop } = await watched(service, `an export to a ${reader} reader`, () => exported(bench, service, token, pause, pause === 0 ? 600 : 60));
      lines.push({
        what: `an export to a ${reader} reader, ${entries.toLocaleString('en')} entries: rise of resident memory after the first ${WARM_ENTRIES.toLocaleString('en')}`, yardstick: null,
        ours: `${Math.round(entries / seconds).toLocaleString('en')} entries/s, at most ${memoryMiB(service.pid).peak.toFixed(0)} MiB in all`, value: figureOf([risen], (value) => value), unit: 'MiB', goal: { atMost: 64 },
      }, loop);
    }
    await bench.stopService();
    return lines;
  },
};

async function exported(bench: Bench, { port, pid }: Service, token: string, pauseMs: number, mostSeconds: number): Promise<{ readonly entries: number; readonly seconds: number; readonly risen: number }> {
  const abort = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/v1/audit/export?format=ndjson`, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal });
  if (!answer.ok || answer.body === null) throw new Error(`the export was answered with ${answer.status}`);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let entries = 0;
  let gulped = 0;
  let warm: number | null = null;
  let highest = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 10) entries++;
    if ((gulped += chunk.length) >= GULP) {
      gulped = 0;
      const { now } = memoryMiB(pid);
      if (entries >= WARM_ENTRIES) highest = Math.max(highest, now - (warm ??= now));
      bench.say(`export: ${entries.toLocaleString('en')} entries`);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    if (entries >= MOST_ENTRIES || seconds() > mostSeconds) break;
  }
  const result = { entries, seconds: seconds(), risen: highest };
  abort.abort();
  return result;
}
