import { parseArgs } from 'node:util';
import { scriptOf } from './script';
import { shrink } from './shrink';
import { simulate, type Result } from './simulate';

const HELP = `npm run simulate -- [options]

  --seeds N   how many histories; default 1000
  --from N    the first seed; default 1
  --seed N    this one alone, with all that happened
`;

const { values: options } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } } });

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  if (options.seed !== undefined) return replay(Number(options.seed));
  const [from, seeds] = [Number(options.from ?? 1), Number(options.seeds ?? 1000)];
  let [events, answered] = [0, 0];
  const began = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await simulate(scriptOf(seed));
    events += result.events;
    answered += result.answered;
    if (result.violations.length > 0) return report(seed, result);
  }
  process.stdout.write(`${seeds} seeds from ${from}: ${answered} requests answered, ${events} events, no violation; ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
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
