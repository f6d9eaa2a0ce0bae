import { figureOf } from '../frame/figures';
import { runOnce, warmUpWith, type Run } from '../frame/compare';
import { request, target } from '../frame/http';
import { NotRun, type Row } from '../frame/row';
import type { Service } from '../frame/service';
import { watched } from '../frame/watched';
import type { Seeded } from '../seed/seeded';

const CALLERS = 64;
/** Commands before the first that is measured: until then a third of the time is V8 compiling. */
const WARM = 6_000;

/** Sessions from the near end that other rows use. */
const OTHERS = 1_000;

/** Invitations over HTTP, 64 callers, each of somebody new; the event loop is watched. Mails go to the outbox meanwhile, as they would. */
export const invite: Row = {
  name: 'invite',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const token = seeded.token(seeded.large, 0);
    const invitation = request('POST', '/v1/invitations', { token, body: { email: 'bench-############@invited.example', role: 'crew' } });
    const to = target('invite', service, [invitation]);
    await warmUpWith(bench.generator, to, Array<string>(bench.quick ? 100 : WARM).fill(invitation), CALLERS);
    const runs: Run[] = [];
    const { loop } = await watched(service, 'invitations', async () => {
      for (let round = 0; round < bench.rounds; round++) runs.push(await runOnce(bench.generator, to, { seconds: bench.seconds, connections: CALLERS }));
    });
    return [
      { what: `POST /v1/invitations, ${CALLERS} callers`, yardstick: 'better-auth 232/s', ours: `p99 ${figureOf(runs, (run) => run.p99).median.toFixed(0)} ms, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: { atLeast: 2_500 } },
      loop,
    ];
  },
};

/** Sessions ended over HTTP, each of its own session: signing out. */
export const endSession: Row = {
  name: 'end-session',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const count = Math.floor(seeded.large.users / 10);
    const each = Math.min(bench.quick ? 100 : 2_000, Math.floor(count / (4 * bench.rounds)));
    // From the far end, which no other row uses. A session ends once: what an earlier run has ended is passed over.
    const from = await lastAlive(service, seeded);
    const warm = bench.quick ? 100 : Math.min(WARM, Math.floor(count / 16));
    if (!bench.quick && from < warm + bench.rounds * each + OTHERS) throw new NotRun(`earlier runs have ended the seed's sessions but ${from + 1}: remove its folder, and it is seeded anew`);
    const signOuts = (first: number, length: number) => Array.from({ length }, (_, n) => request('POST', '/v1/auth/sign-out', { token: seeded.token(seeded.large, (from - first - n) * 10) }));
    await warmUpWith(bench.generator, target('sign out', service, []), signOuts(0, warm), CALLERS);
    const runs: Run[] = [];
    const { loop } = await watched(service, 'sessions being ended', async () => {
      for (let round = 0; round < bench.rounds; round++) {
        runs.push(await runOnce(bench.generator, target('sign out', service, signOuts(warm + round * each, each)), { seconds: 60, connections: CALLERS, once: true }));
      }
    });
    return [{ what: `end a session over HTTP, ${CALLERS} callers`, yardstick: 'better-auth 519/s', ours: `p99 ${figureOf(runs, (run) => run.p99).median.toFixed(0)} ms, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: { atLeast: 12 * 519 } }, loop];
  },
};

/** The last session of the seed that no earlier run has ended: those before it live too. Counted from 0, the owner's. */
export async function lastAlive(service: Service, seeded: Seeded): Promise<number> {
  let [left, ended] = [0, Math.floor(seeded.large.users / 10)];
  while (ended - left > 1) {
    const middle = (left + ended) >> 1;
    const status = await statusOf(service, seeded.token(seeded.large, middle * 10));
    if (status === 204) left = middle;
    else ended = middle;
  }
  return left;
}

async function statusOf({ port }: Service, token: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/v1/authorization?module=jobs&level=none`, { headers: { authorization: `Bearer ${token}` } })).status;
}
