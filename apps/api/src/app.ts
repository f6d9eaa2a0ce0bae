import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppModule, GUARDS, QUICK_CONTROLLERS } from './app.module';
import type { Installation } from '@rolebook/installation';
import { isTracing } from '@rolebook/tracing';
import { serveApiDocs } from './http/openapi';
import { serveMetrics } from './metrics/metrics.server';
import { traceRequests } from './http/request-spans';
import { logRequests } from './http/request-log';
import { drainAtClose } from './http/draining';
import { CONNECTION_LIMITS } from './http/limits';
import { HardenedResponse, identified } from './http/hardened-response';
import { quickRoutes } from './http/quick';
import { QuickServer } from './http/quick-server';
import { hardened } from './http/server';
import { transportErrors } from './http/transport';

/** Makes the HTTP application on an opened installation; it is not listening yet. */
export async function createApp(installation: Installation): Promise<NestFastifyApplication> {
  const { config } = installation;
  const adapter = new FastifyAdapter({
    ...transportErrors,
    genReqId: (request: IncomingMessage) => identified(request, randomUUID()),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore', // refused by the strict input guard, which says where
    routerOptions: { maxParamLength: 100 }, ...CONNECTION_LIMITS, http: { ...CONNECTION_LIMITS.http, ServerResponse: HardenedResponse },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.on(installation), adapter, { logger: ['error', 'warn'], abortOnError: false, bodyParser: false });
  traceRequests(app.getHttpAdapter().getInstance());
  hardened(app, config);
  const answered = [await serveMetrics(app, config), ...(config.requestLog ? [logRequests(app.getHttpAdapter().getInstance())] : [])];
  const quick = quickRoutes(app, QUICK_CONTROLLERS, GUARDS);
  // Spans and the headers of CORS are put in by hooks of Fastify, for every route.
  if (!isTracing() && config.corsOrigins.length === 0) new QuickServer(quick, answered).before(app.getHttpAdapter().getInstance());
  serveApiDocs(app);
  drainAtClose(app.getHttpAdapter().getInstance());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
