import { join } from 'node:path';
import { figureOf, type Line } from '../frame/figures';
import { ask, startScript } from '../frame/pinned';
import type { Bench, Row } from '../frame/row';

const CALLERS = 64;
/** The size of an event with sealed data and metadata. */
export const EVENT = { data: JSON.stringify({ userId: 'u'.repeat(36), $sealed: 's'.repeat(120) }), metadata: JSON.stringify({ businessId: 'b'.repeat(36), actor: { type: 'user', id: 'u'.repeat(36) }, commandId: 'c'.repeat(36), $for: 'u'.repeat(36), $sealed: 's'.repeat(120) }) };

export interface Appends { readonly perSecond: number; readonly cpuMicros: number }

/** Appends straight to the log, an fsync each or shared: one caller, and 64 at once. Both sides have a thread that writes, so both run on all cores. */
export const append: Row = {
  name: 'append',
  async run(bench) {
    const one = await compared(bench, 1);
    const many = await compared(bench, CALLERS);
    return [
      line('append, one caller, fsync each', one, 0.8),
      line(`append, ${CALLERS} callers, against group commits of ${CALLERS}`, many, 0.5),
      { what: `${CALLERS} callers against one (the yardstick's own: ${timesOne(many.raw, one.raw).median.toFixed(1)} x)`, yardstick: rate(one.ours), ours: rate(many.ours), value: timesOne(many.ours, one.ours), unit: 'x', goal: { atLeast: 10 } },
    ];
  },
};

const timesOne = (many: readonly Appends[], one: readonly Appends[]) => figureOf(many.map((run, n) => run.perSecond / (one[n] as Appends).perSecond), (x) => x);

interface Compared { readonly ours: readonly Appends[]; readonly raw: readonly Appends[] }

async function compared(bench: Bench, group: number): Promise<Compared> {
  const [ours, raw]: [Appends[], Appends[]] = [[], []];
  for (let round = 0; round < bench.rounds; round++) {
    raw.push(await once(bench, 'raw-append.ts', group));
    ours.push(await once(bench, 'our-append.ts', group));
  }
  return { ours, raw };
}

async function once(bench: Bench, script: string, group: number): Promise<Appends> {
  const child = bench.during(startScript(join(__dirname, '..', 'yardsticks', script), [], null));
  return ask<Appends>(child, { file: join(bench.scratch(), 'log.db'), seconds: bench.seconds, group, ...EVENT });
}

function line(what: string, { ours, raw }: Compared, atLeast: number): Line {
  return { what, yardstick: rate(raw), ours: rate(ours), value: figureOf(ours.map((run, n) => run.perSecond / (raw[n] as Appends).perSecond), (x) => x), unit: 'x', goal: { atLeast } };
}

const rate = (runs: readonly Appends[]) => `${Math.round(figureOf(runs, (run) => run.perSecond).median).toLocaleString('en')}/s, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(1)} us CPU`;
