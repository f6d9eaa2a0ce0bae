import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '@rolebook/installation';
import { DOCS_POLICY } from './headers';
import { limitBodies, MOST_CONNECTIONS } from './limits';
import { MethodsByPath } from './transport';

/** What every answer carries, and which origins may ask. */
export function hardened(app: NestFastifyApplication, config: Pick<Config, 'corsOrigins'>): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorate('methodsByPath', MethodsByPath.of(fastify));
  limitBodies(fastify);
  fastify.server.maxConnections = MOST_CONNECTIONS;
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser(['image/png', 'image/jpeg', 'image/webp'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.url.startsWith('/docs') && /^\/docs(\/|\?|$)/.test(request.url)) void reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
  if (config.corsOrigins.length > 0) {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']; // all of ours: unless told, no more than the first three may be asked with
    app.enableCors({ origin: [...config.corsOrigins], methods, exposedHeaders: ['ETag', 'Location', 'Retry-After', 'Rolebook-Position', 'X-Request-Id'], maxAge: 600 });
  }
}
