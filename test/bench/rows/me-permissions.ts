import { against, interleaved } from '../frame/compare';
import { bareFastify, request, target } from '../frame/http';
import type { Row } from '../frame/row';

const PATH = '/v1/me/permissions';
const CONNECTIONS = 32;

/** An authorised read of the signed-in person's own permissions, by a thousand different people. */
export const mePermissions: Row = {
  name: 'me-permissions',
  async run(bench) {
    const seeded = await bench.seeded();
    const requests = seeded.tokens(seeded.large, 1_000).map((token) => request('GET', PATH, { token }));
    const lines = [];
    for (const [what, env, rate] of [['GET /v1/me/permissions, request log on', {}, 0.45], ['GET /v1/me/permissions, request log off', { ROLEBOOK_REQUEST_LOG: 'off' }, 0.6]] as const) {
      const ours = target('Rolebook', await bench.service(env), requests);
      const yardstick = await bareFastify(bench, ours);
      const [a = [], b = []] = await interleaved(bench.generator, [ours, yardstick], { rounds: bench.rounds, seconds: bench.seconds, connections: CONNECTIONS });
      lines.push(...against(what, [a, b], { rate, p99: 2 }));
    }
    return lines;
  },
};
