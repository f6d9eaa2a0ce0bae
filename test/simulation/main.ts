import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { beHelper, shareOut, type Tally } from './helpers';
import { scriptOf } from './script';
import { shrink } from './shrink';
import { simulate, type Result } from './simulate';

const HELP = `npm run simulate -- [options]

  --seeds N       how many histories; default 1000
  --from N        the first seed; default 1
  --processes N   how many go through them side by side; default 2, or as many as there are processors
  --seed N        this one alone, with all that happened
`;

const { values: options } = parseArgs({
  options: { seeds: { type: 'string' }, from: { type: 'string' }, processes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' }, helper: { type: 'boolean' } },
});

async function main(): Promise<void> {
  if (options.helper) return beHelper(goThrough);
  if (options.help) return void process.stdout.write(HELP);
  if (options.seed !== undefined) return replay(wholeNumber('seed', options.seed, 0));
  const from = wholeNumber('from', options.from ?? '1', 0);
  const seeds = wholeNumber('seeds', options.seeds ?? '1000', 1);
  const processes = wholeNumber('processes', options.processes ?? String(Math.min(2, availableParallelism())), 1);
  const began = performance.now();
  const { failed, played, answered, events } = await shareOut({ from, to: from + seeds, processes });
  if (failed !== null) return report(failed, await simulate(scriptOf(failed)));
  if (played !== seeds) throw new Error(`${played} of ${seeds} seeds were played`);
  process.stdout.write(`${played} seeds from ${from}: ${answered} requests answered, ${events} events, no violation; ${((performance.now() - began) / 1000).toFixed(1)} s in ${processes} processes\n`);
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} must be a whole number, ${least} or more`);
  return value;
}

/** Plays seeds up to the first that fails. */
async function goThrough(from: number, to: number): Promise<Tally> {
  let [answered, events] = [0, 0];
  for (let seed = from; seed < to; seed++) {
    const result = await simulate(scriptOf(seed));
    answered += result.answered;
    events += result.events;
    if (result.violations.length > 0) return { failed: seed, played: seed - from + 1, answered, events };
  }
  return { failed: null, played: to - from, answered, events };
}

/** The shortest history that still fails, and how to see it again. */
async function report(seed: number, first: Result): Promise<void> {
  process.stdout.write(`seed ${seed} fails:\n${first.violations.map((violation) => `  ${violation}`).join('\n')}\n\nshrinking ...\n`);
  const shorter = await shrink(scriptOf(seed), async (script) => (await simulate(script)).violations.length > 0);
  const { violations, trace } = await simulate(shorter);
  process.stdout.write(`with ${shorter.steps.length} steps left:\n${shorter.steps.map((step) => `  ${JSON.stringify(step)}`).join('\n')}\n\n${trace.map((line) => `  ${line}`).join('\n')}\n\n`);
  process.stdout.write(`${violations.map((violation) => `  ${violation}`).join('\n')}\n\nreplay: npm run simulate -- --seed ${seed}\n`);
  process.exitCode = 1;
}

async function replay(seed: number): Promise<void> {
  const result = await simulate(scriptOf(seed));
  process.stdout.write(`${result.trace.join('\n')}\n`);
  if (result.violations.length > 0) return report(seed, result);
  process.stdout.write(`seed ${seed}: no violation; digest ${result.digest}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
