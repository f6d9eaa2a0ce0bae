import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../simulation/random';
import { Life, SABOTAGES, type SabotageName } from './life';
import { terminateUnderLoad } from './sigterm';

const HELP = `npm run crash -- [options]

Lets clients work on the built service, kills it (SIGKILL) at random moments, starts it again, and holds what the clients were told against the log and
the read models. Every ten rounds it is stopped (SIGTERM) in the middle of work instead, and another begins with an empty data folder.

  --rounds N       how often it is killed; default 200
  --seed N         repeats the same choices; by default another every time
  --sabotage NAME  spoils the data while the service is down, and succeeds where that is noticed: ${SABOTAGES.join(' or ')}
  --keep           leaves the data folders and the clients' journals where they are, and says where
`;

const ROUNDS_A_LIFE = 10;
const READY_WITHIN_MS = 5000;
/** Processes for each processor, from which on others and not the service are to blame for a slow start. */
const BUSY = 2;

const { values: options } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' }, sabotage: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } } });

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  const rounds = wholeNumber('rounds', options.rounds ?? '200');
  const seed = wholeNumber('seed', options.seed ?? String(1 + Math.floor(Math.random() * 2 ** 31)));
  const sabotage = sabotageNamed(options.sabotage);
  const folder = mkdtempSync(join(tmpdir(), 'rolebook-crash-'));
  say(`seed ${seed}, data in ${folder}`);
  try {
    const problems = await live(folder, rounds, new Random(seed), sabotage);
    for (const problem of problems.slice(0, 20)) say(`  ${problem.slice(0, 1000)}`);
    if (problems.length > 20) say(`  and ${problems.length - 20} more`);
    if (sabotage === null && problems.length > 0) say(`again: npm run crash -- --rounds ${rounds} --seed ${seed}`);
    if (sabotage !== null) say(problems.length > 0 ? `${sabotage}: noticed` : `${sabotage}: NOT noticed`);
    process.exitCode = (problems.length > 0) === (sabotage !== null) ? 0 : 1;
  } finally {
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what is wrong; it ends with the first life that something is wrong with */
async function live(folder: string, rounds: number, chance: Random, sabotage: SabotageName | null): Promise<readonly string[]> {
  const readyAfterMs: number[] = [];
  const total = { requests: 0, acknowledged: 0, unknown: 0 };
  const drained: number[] = [];
  for (let done = 0; done < rounds;) {
    const home = join(folder, `life-${done}`);
    const life = new Life(home, chance.fork(), sabotage);
    try {
      for (let n = 0; n < ROUNDS_A_LIFE && done < rounds && life.problems.length === 0; n++, done++) await life.round();
      if (life.problems.length === 0) {
        drained.push((await terminateUnderLoad(life)).afterMs);
        const service = await life.settled();
        await life.lookForStranded();
        await service.kill();
        await life.check();
      }
    } finally {
      await life.close();
    }
    readyAfterMs.push(...life.readyAfterMs);
    for (const [what, count] of Object.entries(life.asked)) total[what as keyof typeof total] += count;
    if (life.problems.length > 0) return life.problems;
    if (!options.keep) rmSync(home, { recursive: true, force: true });
    say(`${done} rounds`);
  }
  const slowest = Math.max(...readyAfterMs);
  say(`killed ${rounds} times under ${total.requests} requests (${total.acknowledged} acknowledged, ${total.unknown} that nobody knows of): 0 lost, 0 doubled, 0 addresses stranded, read models as made anew; `
    + `ready after ${Math.round(median(readyAfterMs))} ms, ${Math.round(slowest)} ms at most; stopped ${drained.length} times under load, in ${Math.round(Math.max(...drained))} ms at most`);
  if (slowest <= READY_WITHIN_MS) return [];
  const busy = loadavg()[0]! / availableParallelism();
  const late = `it took ${Math.round(slowest)} ms to get ready again, and may take ${READY_WITHIN_MS}`;
  if (busy <= BUSY) return [late];
  say(`${late}: NOT judged, since ${busy.toFixed(1)} processes waited for each processor`);
  return [];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number, 1 or more`);
  return value;
}

function sabotageNamed(name: string | undefined): SabotageName | null {
  if (name === undefined) return null;
  const found = SABOTAGES.find((known) => known === name);
  if (!found) throw new Error(`--sabotage must be one of ${SABOTAGES.join(', ')}`);
  return found;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
