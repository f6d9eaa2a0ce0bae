import { against, interleaved } from '../frame/compare';
import { bareFastify, request, target } from '../frame/http';
import type { Row } from '../frame/row';

/** A gateway asks whether the bearer may: by a thousand different people. */
export const authorization: Row = {
  name: 'authorization',
  async run(bench) {
    const seeded = await bench.seeded();
    const requests = seeded.tokens(seeded.large, 1_000).map((token) => request('GET', '/v1/authorization?module=jobs&level=read', { token }));
    const lines = [];
    for (const [what, env, rate] of [['GET /v1/authorization, request log on', {}, 0.45], ['GET /v1/authorization, request log off', { ROLEBOOK_REQUEST_LOG: 'off' }, 0.65]] as const) {
      const ours = target('Rolebook', await bench.service(env), requests);
      const [a = [], b = []] = await interleaved(bench.generator, [ours, await bareFastify(bench, ours)], { rounds: bench.rounds, seconds: bench.seconds, connections: 32 });
      lines.push(...against(what, [a, b], { rate, p99: 2 }));
    }
    return lines;
  },
};
