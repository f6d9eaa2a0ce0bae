import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** What came of some seeds; `failed` is the first that did, and those after it were not played. */
export interface Tally { readonly failed: number | null; readonly played: number; readonly answered: number; readonly events: number }

interface Share { readonly from: number; readonly to: number }

const SHARE = 20;
const NONE: Tally = { failed: null, played: 0, answered: 0, events: 0 };

/** In a process that was forked by {@link shareOut}: plays what it is given, until nothing more comes. */
export function beHelper(play: (from: number, to: number) => Promise<Tally>): void {
  process.on('message', ({ from, to }: Share) => {
    play(from, to).then((tally) => process.send?.(tally), (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  });
  process.on('disconnect', () => process.exit(0));
}

/**
 * Shares seeds out among processes, a few at a time, until all are played or one has failed. Which of several failing ones that is may differ between runs.
 * @param work.to the first seed that is not played
 * @throws {Error} where a process ends before it has told what came of its share: then nothing is known
 */
export async function shareOut(work: { readonly from: number; readonly to: number; readonly processes: number }): Promise<Tally> {
  let [next, sum] = [work.from, NONE];
  const give = (): Share | null => {
    if (next >= work.to || sum.failed !== null) return null;
    const share = { from: next, to: Math.min(work.to, next + SHARE) };
    next = share.to;
    return share;
  };
  await Promise.all(Array.from({ length: work.processes }, async () => {
    const helper = fork(join(__dirname, 'start.cjs'), ['--helper']);
    try {
      for (let share = give(); share; share = give()) {
        const tally = await playedBy(helper, share);
        sum = plus(sum, tally);
      }
    } finally {
      helper.disconnect();
    }
  }));
  return sum;
}

function playedBy(helper: ChildProcess, share: Share): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null) => { reject(new Error(`a process of the simulation ended (${signal ?? code}) while it played the seeds ${share.from} to ${share.to - 1}`)); };
    helper.once('exit', ended);
    helper.once('message', (tally: Tally) => {
      helper.off('exit', ended);
      resolve(tally);
    });
    helper.send(share);
  });
}

function plus(a: Tally, b: Tally): Tally {
  const failed = [a.failed, b.failed].filter((seed) => seed !== null);
  return { failed: failed.length === 0 ? null : Math.min(...failed), played: a.played + b.played, answered: a.answered + b.answered, events: a.events + b.events };
}
