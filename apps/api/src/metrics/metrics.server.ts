import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '@rolebook/installation';
import { createServer } from 'node:http';
import type { Answered } from '../http/answered';
import { Metrics } from './metrics';

/** Has the metrics count what is asked, see {@link Metrics.observe}, and serves them on a port of their own where one is configured, so that they need not be open to the world. */
export async function serveMetrics(app: NestFastifyApplication, { metricsPort, host }: Pick<Config, 'metricsPort' | 'host'>): Promise<Answered> {
  const metrics = app.get(Metrics);
  const fastify = app.getHttpAdapter().getInstance();
  const count = metrics.observe(fastify);
  if (metricsPort === null) return count;
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    metrics.text().then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text), () => response.writeHead(503).end());
  });
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(metricsPort, host, resolve); });
  fastify.addHook('onClose', (_instance, done) => { server.close(() => done()); });
  return count;
}
