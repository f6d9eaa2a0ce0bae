import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { against, interleaved } from '../frame/compare';
import { bareFastify, request, target } from '../frame/http';
import { NotRun, type Row } from '../frame/row';

/**
 * The authorised read with an SDK of OpenTelemetry's switched on, which samples a tenth. The service brings none, so the file that starts
 * it (as in docs/operations.md) is named by `ROLEBOOK_BENCH_TRACING`.
 */
export const tracing: Row = {
  name: 'tracing',
  async run(bench) {
    const { ROLEBOOK_BENCH_TRACING: file } = process.env;
    if (!file || !existsSync(file)) throw new NotRun('ROLEBOOK_BENCH_TRACING names no file that starts an SDK with a sampler of 10 %: see docs/operations.md');
    const seeded = await bench.seeded();
    const requests = seeded.tokens(seeded.large, 1_000).map((token) => request('GET', '/v1/me/permissions', { token }));
    const ours = target('Rolebook', await bench.service({ NODE_OPTIONS: `--require ${resolve(file)}` }), requests);
    const [a = [], b = []] = await interleaved(bench.generator, [ours, await bareFastify(bench, ours)], { rounds: bench.rounds, seconds: bench.seconds, connections: 32 });
    return against('GET /v1/me/permissions, request log on, 10 % traced', [a, b], { rate: 0.4, p99: 2 });
  },
};
