import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '@rolebook/installation';
import { createServer } from 'node:http';
import { Metrics } from './metrics';

/** Has the metrics count what is asked, and serves them on a port of their own where one is configured, so that they need not be open to the world. */
export async function serveMetrics(app: NestFastifyApplication, { metricsPort, host }: Pick<Config, 'metricsPort' | 'host'>): Promise<void> {
  const metrics = app.get(Metrics);
  const fastify = app.getHttpAdapter().getInstance();
  metrics.observe(fastify);
  if (metricsPort === null) return;
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    metrics.text().then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text), () => response.writeHead(503).end());
  });
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(metricsPort, host, resolve); });
  fastify.addHook('onClose', (_instance, done) => { server.close(() => done()); });
}
