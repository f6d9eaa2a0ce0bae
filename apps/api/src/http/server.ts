import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AVATAR_MAX_BYTES } from '@rolebook/avatars';
import type { Config } from '@rolebook/installation';
import { MethodsByPath } from './transport';

/** Headers on every answer: nothing of ours is for a browser to render, frame, sniff or keep. */
const HEADERS = {
  'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer', 'strict-transport-security': 'max-age=31536000', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY',
} as const;

/** The page at /docs is one that a browser renders: with what comes from here, and its own inline styles. */
const DOCS_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What every answer carries, and which origins may ask. */
export function hardened(app: NestFastifyApplication, config: Pick<Config, 'corsOrigins'>): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorate('methodsByPath', MethodsByPath.of(fastify));
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser(['image/png', 'image/jpeg', 'image/webp'], { parseAs: 'buffer', bodyLimit: AVATAR_MAX_BYTES }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(HEADERS).header('x-request-id', request.id);
    if (/^\/docs(\/|\?|$)/.test(request.url)) void reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
  if (config.corsOrigins.length > 0) {
    app.enableCors({ origin: [...config.corsOrigins], exposedHeaders: ['ETag', 'Location', 'Retry-After', 'Rolebook-Position', 'X-Request-Id'], maxAge: 600 });
  }
}
