import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const START = join(__dirname, '..', 'start.cjs');
/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_A_SECOND = 100;

/** Cores: the one under test, and the one that the generator has to itself. */
export const CORE = { server: 0, generator: 1 } as const;
const hasTaskset = process.platform === 'linux' && availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Whether processes can be pinned here; without, figures are noisier. */
export const isPinned = hasTaskset;

/**
 * Starts a Node process with a channel to it, on one core where the system allows.
 * @param core `null`: wherever the system likes
 */
export function startNode(argv: readonly string[], core: number | null, env: NodeJS.ProcessEnv = process.env, stdout: 'ignore' | 'inherit' = 'ignore'): ChildProcess {
  const command = [...(hasTaskset && core !== null ? ['taskset', '-c', String(core)] : []), process.execPath, ...argv];
  const [file = process.execPath, ...rest] = command;
  return spawn(file, rest, { env, stdio: ['ignore', stdout, 'inherit', 'ipc'], serialization: 'advanced' });
}

/** Starts one of the benches' own TypeScript files. */
export function startScript(file: string, args: readonly string[], core: number | null): ChildProcess {
  return startNode([START, file, ...args], core);
}

/** The next message of a process. @throws {Error} where it ends before */
export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended (${code}) instead of answering`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Message);
    });
  });
}

export async function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  const answer = nextMessage<Answer>(child);
  child.send(question);
  return answer;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Processor time that a process and all its threads have used so far, in seconds (user and system). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Resident memory now, and at its highest since the start, in MiB. */
export function memoryMiB(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}
