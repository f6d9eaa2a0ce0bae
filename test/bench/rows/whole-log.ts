import { join } from 'node:path';
import { figureOf, type Line } from '../frame/figures';
import { ask, startScript } from '../frame/pinned';
import { runOnce, type Run } from '../frame/compare';
import { request, target } from '../frame/http';
import type { Bench, Row } from '../frame/row';
import { Service } from '../frame/service';
import { lastAlive } from './commands';

interface Rebuilt { readonly seconds: number; readonly events: number; readonly rssMiB: number }

/** Read models made anew from the whole log, by a process of its own on all cores. */
export const rebuild: Row = {
  name: 'rebuild',
  async run(bench) {
    const directory = await rebuilt(bench, 'user-directory');
    const all = await rebuilt(bench, null);
    const events = directory[0]?.events ?? 0;
    const memory = (runs: readonly Rebuilt[]) => `${figureOf(runs, (run) => run.seconds).median.toFixed(1)} s, ${figureOf(runs, (run) => run.rssMiB).median.toFixed(0)} MiB`;
    return [
      { what: `the user directory, ${events.toLocaleString('en')} events`, yardstick: null, ours: memory(directory), value: figureOf(directory, (run) => run.events / run.seconds), unit: 'events/s', goal: { atLeast: 250_000 } },
      { what: 'all read models, for each million of events', yardstick: null, ours: memory(all), value: figureOf(all, (run) => (run.seconds * 1e6) / run.events), unit: 's', goal: { atMost: 15 } },
    ];
  },
};

async function rebuilt(bench: Bench, readModel: string | null): Promise<readonly Rebuilt[]> {
  const { data } = await bench.seeded();
  await bench.stopService();
  const runs: Rebuilt[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    bench.say(`rebuild: ${readModel ?? 'all'}, ${round + 1} of ${bench.rounds}`);
    runs.push(await ask<Rebuilt>(bench.during(startScript(join(__dirname, '..', 'yardsticks', 'rebuild.ts'), [], null)), { data, readModel }));
  }
  return runs;
}

/** From the start of the process until it is ready. */
export const start: Row = {
  name: 'start',
  async run(bench) {
    const { data } = await bench.seeded();
    await bench.stopService();
    const seconds: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const service = await Service.start({ data });
      seconds.push(service.readyAfterMs / 1000);
      await service.stop();
    }
    return [{ what: 'start until ready', yardstick: null, ours: '', value: figureOf(seconds, (value) => value), unit: 's', goal: { atMost: 3 } }];
  },
};

/** Live sessions asked of; the seed of a million users has so many. */
const SESSIONS = 100_000;

/** What the api holds in memory once a hundred thousand people are about. */
export const memory: Row = {
  name: 'memory',
  async run(bench) {
    const seeded = await bench.seeded();
    await bench.stopService();
    const service = await bench.service();
    const tokens = seeded.tokens(seeded.large, Math.min(SESSIONS, 1 + (await lastAlive(service, seeded))));
    const lines: Line[] = [];
    // A part at a time, so that the generator need not hold all tokens twice.
    for (let from = 0; from < tokens.length; from += 10_000) {
      bench.say(`memory: ${from.toLocaleString('en')} sessions`);
      await runOnce(bench.generator, target('sessions', service, tokens.slice(from, from + 10_000).map((token) => request('GET', '/v1/authorization?module=jobs&level=none', { token }))), { seconds: 600, connections: 16, once: true });
    }
    lines.push({ what: `resident memory, ${seeded.large.users.toLocaleString('en')} users, ${tokens.length.toLocaleString('en')} live sessions`, yardstick: null, ours: `at most ${service.memory.peak.toFixed(0)} MiB`, value: figureOf([service.memory.now], (value) => value), unit: 'MiB', goal: { atMost: 600 } });
    return lines;
  },
};

/** Some thousand changes, before which V8 compiles more than it runs. */
const WARM_SECONDS = 10;

/** How long a change takes until lists show it: changes answer with what the read model shows, so this is the whole of it. */
export const visible: Row = {
  name: 'visible',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const token = seeded.token(seeded.large, 0);
    const change = target('change', service, [request('PATCH', '/v1/me', { token, body: { displayName: 'Olive ############' } })]);
    await runOnce(bench.generator, change, { seconds: bench.quick ? 1 : WARM_SECONDS, connections: 1 });
    const measured = async (what: string, every: number): Promise<Line> => {
      const runs: Run[] = [];
      for (let round = 0; round < bench.rounds; round++) runs.push(await runOnce(bench.generator, change, { seconds: bench.seconds, connections: 1, every }));
      return { what: `PATCH /v1/me, answered from the read model, ${what}: p99`, yardstick: null, ours: `p50 ${figureOf(runs, (run) => run.p50).median.toFixed(2)} ms`, value: figureOf(runs, (run) => run.p99), unit: 'ms', goal: { atMost: 10 } };
    };
    return [await measured('one upon the other', 0), await measured('one in 20 ms', 20)];
  },
};
