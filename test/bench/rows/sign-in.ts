import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { figureOf } from '../frame/figures';
import { milliseconds, ratio, runOnce, type Run } from '../frame/compare';
import { request, target } from '../frame/http';
import { ask, CORE, startScript } from '../frame/pinned';
import type { Row } from '../frame/row';
import { emailOf, PASSWORD } from '../seed';
import type { Seeded } from '../seed/seeded';

const CALLERS = 8;
/** Some five hundred sign-ins, before which V8 compiles more than it runs. */
const WARM_SECONDS = 10;
const SCRIPTS = join(__dirname, '..', 'yardsticks');

/** Sign-ins against argon2id alone, on the same core and as many threads. */
export const signIn: Row = {
  name: 'sign-in',
  async run(bench) {
    const to = target('sign in', await bench.service(), signInsOf(await bench.seeded()));
    await runOnce(bench.generator, to, { seconds: bench.quick ? 1 : WARM_SECONDS, connections: CALLERS });
    const [ours, alone]: [Run[], { readonly perSecond: number }[]] = [[], []];
    for (let round = 0; round < bench.rounds; round++) {
      ours.push(await runOnce(bench.generator, to, { seconds: bench.seconds, connections: CALLERS }));
      const child = bench.during(startScript(join(SCRIPTS, 'argon2.ts'), [], CORE.server));
      alone.push(await ask(child, { seconds: bench.seconds, atOnce: availableParallelism() }));
    }
    const rate = (runs: readonly { readonly perSecond: number }[]) => `${figureOf(runs, (run) => run.perSecond).median.toFixed(0)}/s`;
    return [{ what: 'POST /v1/auth/sign-in, against argon2id alone', yardstick: rate(alone), ours: `${rate(ours)}, p99 ${milliseconds(ours)}`, value: figureOf(ours.map((run, n) => run.perSecond / (alone[n]?.perSecond ?? Number.NaN)), (x) => x), unit: 'x', goal: { atLeast: 0.85 } }];
  },
};

/** What everybody else feels of a storm of sign-ins. */
export const signInStorm: Row = {
  name: 'sign-in-storm',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const reads = target('reads', service, seeded.tokens(seeded.large, 100).map((token) => request('GET', '/v1/me/permissions', { token })));
    const storm = target('storm', service, signInsOf(seeded));
    const second = bench.during(startScript(join(__dirname, '..', 'frame', 'generator.ts'), [], CORE.generator));
    await runOnce(bench.generator, reads, { seconds: 1, connections: 4 });
    const [idle, stormy]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < bench.rounds; round++) {
      idle.push(await runOnce(bench.generator, reads, { seconds: bench.seconds, connections: 4 }));
      stormy.push(await during(() => runOnce(second, storm, { seconds: bench.seconds + 0.5, connections: 64 }), () => runOnce(bench.generator, reads, { seconds: bench.seconds, connections: 4 })));
    }
    return [{ what: 'GET p99 in a sign-in storm (64 at once) against idle', yardstick: milliseconds(idle), ours: milliseconds(stormy), value: ratio(stormy, idle, (run) => run.p99), unit: 'x', goal: { atMost: 3 } }];
  },
};

async function during(storm: () => Promise<Run>, work: () => Promise<Run>): Promise<Run> {
  const blowing = storm();
  await new Promise((resolve) => setTimeout(resolve, 250));
  const result = await work();
  await blowing;
  return result;
}

/** Of five hundred people. Those with two-factor get a challenge: their password is checked all the same. */
function signInsOf({ large }: Seeded): string[] {
  return Array.from({ length: Math.min(500, Math.floor(large.users / 10) - 1) }, (_, n) => request('POST', '/v1/auth/sign-in', { body: { business: large.slug, email: emailOf(large, (n + 1) * 10), password: PASSWORD } }));
}
