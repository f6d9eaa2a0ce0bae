import { join } from 'node:path';
import { milliseconds, runOnce, type Run, type Target } from '../frame/compare';
import { EngineNodes } from '../frame/engines';
import { figure, figureOf, type Line } from '../frame/figures';
import { request, target } from '../frame/http';
import { ask, startScript } from '../frame/pinned';
import type { Bench, Row } from '../frame/row';
import type { Service } from '../frame/service';
import { EVENT, type Appends } from './append';

/** What may be done by whom is asked by gateways like this. */
const ASKED = '/v1/authorization?module=jobs&level=read';

/** A session that is ended on one node, until the other refuses it: counted from the first node's answer to the other's first 401. */
export const enginesRefused: Row = {
  name: 'engines-refused',
  async run(bench) {
    const nodes = await EngineNodes.start(bench);
    try {
      const owner = await nodes.signIn();
      const took: number[] = [];
      const wanted = bench.rounds * (bench.quick ? 10 : 40);
      while (took.length < wanted) {
        took.push(await refusedAfter(nodes, owner.token, await nodes.signIn()));
        if (took.length % 20 === 0) bench.say(`engines-refused: ${took.length} of ${wanted} sessions`);
      }
      const sorted = took.toSorted((x, y) => x - y);
      const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] as number;
      const shared = { yardstick: nodes.log, unit: 'ms' };
      return [
        { ...shared, what: `an ended session refused, other node: p99 of ${wanted}`, ours: `p50 ${at(0.5).toFixed(1)} ms, max ${at(1).toFixed(1)} ms`, value: figure([at(0.99)]), goal: { atMost: 250 } },
        { ...shared, what: 'an ended session refused, same node: requests let in after the answer', ours: 'the next request', value: figure([0]), unit: '', goal: { atMost: 0 } },
      ];
    } finally {
      await nodes.forget();
    }
  },
};

async function refusedAfter({ a, b }: EngineNodes, ownersToken: string, session: { readonly token: string; readonly sessionId: string }): Promise<number> {
  // In the other node's memory, as that of somebody at work.
  for (let n = 0; n < 2; n++) if ((await statusOf(b, session.token)) !== 204) throw new Error('a new session was refused');
  const ended = await fetch(`http://127.0.0.1:${a.port}/v1/me/sessions/${session.sessionId}`, { method: 'DELETE', headers: { authorization: `Bearer ${ownersToken}` } });
  const endedAt = performance.now();
  if (ended.status !== 204) throw new Error(`the session was not ended: ${ended.status} ${await ended.text()}`);
  while ((await statusOf(b, session.token)) !== 401);
  const took = performance.now() - endedAt;
  if ((await statusOf(a, session.token)) !== 401) throw new Error('the node that had ended a session let it in');
  return took;
}

async function statusOf({ port }: Service, token: string): Promise<number> {
  const { status, body } = await fetch(`http://127.0.0.1:${port}${ASKED}`, { headers: { authorization: `Bearer ${token}` } });
  await body?.cancel();
  return status;
}

/** The service on its servers, for orientation: two api nodes, a projector, both servers and the generator share the cores there are. */
export const engines: Row = {
  name: 'engines',
  async run(bench) {
    const nodes = await EngineNodes.start(bench);
    try {
      return await measured(bench, nodes);
    } finally {
      await nodes.forget();
    }
  },
};

const USERS = 200;

async function measured(bench: Bench, nodes: EngineNodes): Promise<Line[]> {
  const { token } = await nodes.signIn();
  const lines: Line[] = [];
  for (const callers of [1, 64]) {
    const runs = await appends(bench, nodes.eventStoreUrl, callers);
    lines.push({ what: `append, ${callers === 1 ? 'one caller' : `${callers} callers`}`, yardstick: nodes.log, ours: `${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: null });
  }
  const invite = target('invite', nodes.a, Array.from({ length: bench.quick ? 50 : USERS }, () => request('POST', '/v1/invitations', { token, body: { email: 'bench-############@invited.example', role: 'crew' } })));
  const invited = await runOnce(bench.generator, invite, { seconds: 120, connections: 16, once: true });
  lines.push(rate('POST /v1/invitations, 16 callers', nodes, [invited]));
  const { token: fresh } = await nodes.signIn();
  const get = (name: string, path: string) => target(name, nodes.a, [request('GET', path, { token: fresh })]);
  for (const [what, to] of [['GET /v1/users, 20 by name', get('list', '/v1/users?limit=20&sort=displayName')], ['GET /v1/me/permissions', get('permissions', '/v1/me/permissions')], ['GET /v1/authorization', get('authorization', ASKED)]] as const) {
    lines.push(rate(`${what}, 16 callers`, nodes, await several(bench, to, 16)));
  }
  const lag = await several(bench, target('change', nodes.a, [request('PATCH', '/v1/me', { token: fresh, body: { displayName: 'Olive ############' } })]), 1);
  lines.push({ what: 'PATCH /v1/me until the read model shows it: p99', yardstick: nodes.log, ours: `p50 ${milliseconds(lag, (run) => run.p50)}`, value: figureOf(lag, (run) => run.p99), unit: 'ms', goal: null });
  return lines;
}

async function several(bench: Bench, to: Target, connections: number): Promise<Run[]> {
  await runOnce(bench.generator, to, { seconds: Math.max(1, bench.seconds), connections });
  const runs: Run[] = [];
  for (let round = 0; round < bench.rounds; round++) runs.push(await runOnce(bench.generator, to, { seconds: bench.seconds, connections }));
  return runs;
}

function rate(what: string, nodes: EngineNodes, runs: readonly Run[]): Line {
  return { what, yardstick: nodes.log, ours: `p99 ${milliseconds(runs)}, ${figureOf(runs, (run) => run.cpuMicros).median.toFixed(0)} us CPU`, value: figureOf(runs, (run) => run.perSecond), unit: '/s', goal: null };
}

async function appends(bench: Bench, url: string, group: number): Promise<Appends[]> {
  const runs: Appends[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    runs.push(await ask<Appends>(bench.during(startScript(join(__dirname, '..', 'yardsticks', 'our-append.ts'), [], null)), { url, seconds: bench.seconds, group, ...EVENT }));
  }
  return runs;
}
