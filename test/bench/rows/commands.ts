import { figureOf } from '../frame/figures';
import { runOnce, type Run } from '../frame/compare';
import { request, target } from '../frame/http';
import type { Row } from '../frame/row';
import type { Service } from '../frame/service';
import type { Seeded } from '../seed/seeded';

const CALLERS = 64;

/** Invitations over HTTP, 64 callers, each of somebody new; the event loop is watched. Mails go to the outbox meanwhile, as they would. */
export const invite: Row = {
  name: 'invite',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const token = seeded.token(seeded.large, 0);
    const to = target('invite', service, [request('POST', '/v1/invitations', { token, body: { email: 'bench-############@invited.example', role: 'crew' } })]);
    await runOnce(bench.generator, to, { seconds: Math.max(1, bench.seconds), connections: CALLERS });
    const runs: Run[] = [];
    service.beginLoop();
    for (let round = 0; round < bench.rounds; round++) runs.push(await runOnce(bench.generator, to, { seconds: bench.seconds, connections: CALLERS }));
    const loop = await service.loop();
    return [
      { what: `POST /v1/invitations, ${CALLERS} callers`, yardstick: 'better-auth 232/s', ours: `p99 ${figureOf(runs, (run) => run.p99).median.toFixed(0)} ms, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: { atLeast: 2_500 } },
      { what: 'longest work on the event loop meanwhile', yardstick: null, ours: `timers late by ${loop.delayMs.max.toFixed(1)} ms at most`, value: figureOf([loop.workMs ?? loop.delayMs.max], (value) => value), unit: 'ms', goal: { atMost: 10 } },
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
    const each = Math.min(bench.quick ? 100 : 2_000, Math.floor(count / (4 * (bench.rounds + 1))));
    // From the far end, which no other row uses. A session ends once: what an earlier run has ended is passed over.
    const from = await lastAlive(service, seeded);
    const runs: Run[] = [];
    for (let round = 0; round <= bench.rounds; round++) {
      const requests = Array.from({ length: each }, (_, n) => request('POST', '/v1/auth/sign-out', { token: seeded.token(seeded.large, (from - round * each - n) * 10) }));
      const run = await runOnce(bench.generator, target('sign out', service, requests), { seconds: 60, connections: CALLERS, once: true });
      if (round > 0) runs.push(run);
    }
    return [{ what: `end a session over HTTP, ${CALLERS} callers`, yardstick: 'better-auth 519/s', ours: `p99 ${figureOf(runs, (run) => run.p99).median.toFixed(0)} ms, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: { atLeast: 12 * 519 } }];
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
