import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ChildProcess } from 'node:child_process';
import { CORE, isPinned, startScript, stop } from './frame/pinned';
import { table, type Outcome } from './frame/report';
import { NotRun, type Bench, type Row } from './frame/row';
import { Service } from './frame/service';
import { rows } from './rows';
import { Seeded } from './seed/seeded';

const HELP = `npm run bench -- [options]

  --only ROW[,ROW]   some rows of: ${rows.map(({ name }) => name).join(', ')}
  --users N          how many users the largest business has; default 1,000,000 (with --quick 20,000)
  --short            three events a user instead of ten: a seed in a third of the time
  --rounds N         measurements of each thing; default 5
  --seconds N        how long a measurement takes; default 3
  --quick            few users, short measurements: whether all works, not how fast
  --json             results as JSON
`;

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, users: { type: 'string' }, short: { type: 'boolean' }, rounds: { type: 'string' }, seconds: { type: 'string' }, quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});

/** Progress goes to the standard error, so that the results can be piped. */
function say(message: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${message}` : `${message}\n`);
}

class BenchRun implements Bench {
  readonly quick = options.quick ?? false;
  readonly rounds = Number(options.rounds ?? (this.quick ? 3 : 5));
  readonly seconds = Number(options.seconds ?? (this.quick ? 0.5 : 3));
  readonly generator: ChildProcess = startScript(join(__dirname, 'frame', 'generator.ts'), [], CORE.generator);
  readonly say = say;
  private readonly children: ChildProcess[] = [];
  private readonly folders: string[] = [];
  private opened: Promise<Seeded> | null = null;
  private running: { readonly service: Service; readonly env: string } | null = null;

  seeded(): Promise<Seeded> {
    return (this.opened ??= Seeded.open(Number(options.users ?? (this.quick ? 20_000 : 1_000_000)), options.short ? 'short' : 'usual', say));
  }

  async service(env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const wanted = JSON.stringify(env);
    if (this.running?.env === wanted) return this.running.service;
    await this.stopService();
    const { data } = await this.seeded();
    this.running = { service: await Service.start({ data, env }), env: wanted };
    return this.running.service;
  }

  async stopService(): Promise<void> {
    await this.running?.service.stop();
    this.running = null;
  }

  scratch(): string {
    const folder = mkdtempSync(join(tmpdir(), 'rolebook-bench-'));
    this.folders.push(folder);
    return folder;
  }

  during(child: ChildProcess): ChildProcess {
    this.children.push(child);
    return child;
  }

  async run(row: Row): Promise<Outcome> {
    say(`${row.name} ...`);
    try {
      return { row: row.name, lines: await row.run(this), failure: null };
    } catch (error) {
      return { row: row.name, lines: [], failure: error instanceof Error ? error.message : String(error), wasNotRun: error instanceof NotRun };
    } finally {
      await Promise.all(this.children.splice(0).map(stop));
      for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    }
  }

  async end(): Promise<void> {
    await this.stopService();
    await stop(this.generator);
  }
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  const only = options.only?.split(',');
  const unknown = only?.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) throw new Error(`there is no row ${unknown}\n\n${HELP}`);
  const bench = new BenchRun();
  const outcomes: Outcome[] = [];
  for (const row of rows) if (!only || only.includes(row.name)) outcomes.push(await bench.run(row));
  await bench.end();
  const machine = { at: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), pinned: isPinned, rounds: bench.rounds, seconds: bench.seconds };
  say('');
  process.stdout.write(options.json ? `${JSON.stringify({ machine, outcomes }, null, 2)}\n` : `\n${table(outcomes)}\n\n${JSON.stringify(machine)}\n`);
  process.exitCode = outcomes.some(({ failure, wasNotRun }) => failure !== null && !wasNotRun) ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
