import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import type { LoggedEvent } from '@rolebook/event-store';

type Line = { readonly asked: readonly string[] } | { readonly acknowledged: readonly string[]; readonly stream: string; readonly position: number };

const TYPESCRIPT = join(__dirname, '..', '..', 'libs', 'worker', 'typescript-bootstrap.cjs');
const ROUNDS = 5;

/** Lets a process append, kills it after so many acknowledgements, and gives back all that it said. */
async function appendUntilKilled(file: string, acknowledgements: number): Promise<Line[]> {
  const child = spawn(process.execPath, [TYPESCRIPT, join(__dirname, 'append-for-ever.ts'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines: Line[] = [];
  let left = acknowledgements;
  for await (const text of createInterface({ input: child.stdout })) {
    // The last line may be half a line.
    if (!text.endsWith('}')) break;
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if ('acknowledged' in line && --left === 0) child.kill('SIGKILL');
  }
  expect(await exit).toEqual([null, 'SIGKILL']);
  return lines;
}

async function everything(file: string): Promise<LoggedEvent[]> {
  const store = await openSqliteEventStore({ file });
  const events = await store.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  await store.close();
  return [...events];
}

describe('the event log of a process that is killed', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crash-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it(`has everything that was acknowledged, once, whole and without gaps, ${ROUNDS} times over`, async () => {
    const file = join(folder, 'events.db');
    const said: Line[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      said.push(...(await appendUntilKilled(file, 1 + Math.floor(Math.random() * 400))));
      const events = await everything(file);
      const places = new Map(events.map((event) => [event.id, event]));

      expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
      expect(places.size).toBe(events.length);
      for (const [, stream] of groupByStream(events)) expect(stream.map(({ revision }) => revision)).toEqual(stream.map((_, revision) => revision));
      for (const line of said) {
        if ('asked' in line) {
          // What was asked for is there whole or not at all.
          const found = line.asked.flatMap((id) => places.get(id)?.position ?? []);
          expect([0, line.asked.length]).toContain(found.length);
          expect(found).toEqual(found.map((_, index) => (found[0] ?? 0) + index));
        } else {
          const last = places.get(line.acknowledged.at(-1) ?? '');
          expect(last).toMatchObject({ stream: line.stream, position: line.position });
        }
      }
    }
    expect(said.filter((line) => 'acknowledged' in line).length).toBeGreaterThanOrEqual(ROUNDS);
  }, 120_000);
});

function groupByStream(events: readonly LoggedEvent[]): Map<string, LoggedEvent[]> {
  const streams = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const stream = streams.get(event.stream);
    if (stream) stream.push(event);
    else streams.set(event.stream, [event]);
  }
  return streams;
}
