import type { ChildProcess } from 'node:child_process';
import { figureOf, type Figure, type Line } from './figures';
import type { LoadPlan, LoadResult } from './load-client';
import { ask, cpuSeconds } from './pinned';

/** Somebody to ask: where, and what. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly requests: readonly string[];
}

export interface Run extends LoadResult {
  readonly perSecond: number;
  /** Microseconds of processor that the process asked used for each answer, its threads included. */
  readonly cpuMicros: number;
}

export interface LoadOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly once?: boolean;
  /** See {@link LoadPlan}. */
  readonly every?: number;
}

/** A row some of whose answers were no 2xx says nothing about speed. */
export class Void extends Error {
  override readonly name = 'Void';
}

/** One run. @throws {Void} */
export async function runOnce(generator: ChildProcess, { name, port, pid, requests }: Target, { seconds, connections, once = false, every = 0 }: Omit<LoadOptions, 'rounds'>): Promise<Run> {
  const before = cpuSeconds(pid);
  const result = await ask<LoadResult>(generator, { port, connections, seconds, requests, once, every } satisfies LoadPlan);
  const cpu = cpuSeconds(pid) - before;
  if (Object.keys(result.failures).length > 0) throw new Void(`${name}: answers other than 2xx: ${JSON.stringify(result.failures)} of ${result.answers}`);
  if (result.answers === 0) throw new Void(`${name}: no answers`);
  return { ...result, perSecond: result.answers / result.seconds, cpuMicros: (cpu / result.answers) * 1e6 };
}

/** Runs of several targets, by turns, after one to warm up. */
export async function interleaved(generator: ChildProcess, targets: readonly Target[], options: LoadOptions): Promise<readonly (readonly Run[])[]> {
  for (const target of targets) await warmUp(generator, target, options);
  const runs = targets.map((): Run[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, target] of targets.entries()) runs[index]?.push(await runOnce(generator, target, options));
  }
  return runs;
}

/** Everybody who asks has asked once, and the code is compiled. */
export async function warmUp(generator: ChildProcess, target: Target, { seconds, connections }: Pick<LoadOptions, 'seconds' | 'connections'>): Promise<void> {
  await runOnce(generator, target, { seconds: 60, connections, once: true });
  await runOnce(generator, target, { seconds: Math.max(1, seconds), connections });
}

/** Until V8 has compiled what is asked for: some thousand requests, each sent once. @param requests one that differs each time, or as many as are to be sent */
export async function warmUpWith(generator: ChildProcess, target: Target, requests: readonly string[], connections: number): Promise<void> {
  await runOnce(generator, { ...target, requests }, { seconds: 120, connections, once: true });
}

/** The ratio of two targets' figures, round by round, so that what disturbed a round disturbed both of its runs. */
export function ratio(ours: readonly Run[], theirs: readonly Run[], of: (run: Run) => number): Figure {
  return figureOf(ours.map((run, round) => of(run) / of(theirs[round] as Run)), (value) => value);
}

export const perSecond = (runs: readonly Run[]): string => `${thousands(figureOf(runs, (run) => run.perSecond).median)}/s, ${micros(figureOf(runs, (run) => run.cpuMicros).median)} us CPU`;

/** The usual lines of one target against another: rate, processor a request, p99. */
export function against(what: string, [ours, yardstick]: readonly [readonly Run[], readonly Run[]], goals: { readonly rate: number; readonly p99?: number }): Line[] {
  const shared = { yardstick: perSecond(yardstick), ours: perSecond(ours) };
  return [
    { what, ...shared, value: ratio(ours, yardstick, (run) => run.perSecond), unit: 'x', goal: { atLeast: goals.rate } },
    { what: `${what}: by CPU a request`, ...shared, value: ratio(yardstick, ours, (run) => run.cpuMicros), unit: 'x', goal: { atLeast: goals.rate } },
    {
      what: `${what}: p99`, yardstick: milliseconds(yardstick), ours: milliseconds(ours), value: ratio(ours, yardstick, (run) => run.p99), unit: 'x',
      goal: goals.p99 === undefined ? null : { atMost: goals.p99 },
    },
  ];
}

export const milliseconds = (runs: readonly Run[], of: (run: Run) => number = (run) => run.p99): string => `${figureOf(runs, of).median.toFixed(2)} ms`;

const micros = (value: number) => value.toFixed(1);
const thousands = (value: number) => Math.round(value).toLocaleString('en');
