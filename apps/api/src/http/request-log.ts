import { Lines } from '@rolebook/log';
import type { FastifyInstance } from 'fastify';
import { onAnswered, type Answered, type AnsweredReply, type AnsweredRequest } from './answered';
import type { ApiRequest } from './request';

/** Method and pattern of a route, as JSON members: made once. */
const places = new WeakMap<object, string>();
let formatted = { at: 0, text: '' };

/**
 * One line of JSON a request: method, the route's pattern, status, milliseconds, and the ids of the request, the business and the user.
 * Never an address with its query, a header, a body, a token or a name: who did what stands in the audit log, under the same request id.
 * @returns what writes the line of an answer that Fastify did not give
 */
export function logRequests(fastify: Pick<FastifyInstance, 'addHook'>, lines = new Lines()): Answered {
  fastify.addHook('onClose', (_instance, done) => {
    lines.flush();
    done();
  });
  return onAnswered(fastify, (request, reply) => lines.add(lineOf(request, reply)));
}

/** All values are of our own making (patterns, numbers, UUIDs), so that nothing needs escaping. */
function lineOf(request: AnsweredRequest, reply: AnsweredReply): string {
  const { principal } = request as ApiRequest;
  const who = principal ? `,"businessId":"${principal.businessId}","userId":"${principal.userId}"` : '';
  return `{"time":"${now()}","level":"info","message":"request",${placeOf(request)},"status":${reply.statusCode},"ms":${reply.elapsedTime.toFixed(2)},"requestId":"${request.id}"${who}}`;
}

/** A path that is no route's stands in no line: it could hold anything. */
function placeOf({ method, routeOptions }: AnsweredRequest): string {
  const { config } = routeOptions;
  const known = places.get(config);
  if (known !== undefined) return known;
  const place = `"method":${JSON.stringify(method)},"route":${JSON.stringify(routeOptions.url ?? null)}`;
  // Requests that meet no route share one configuration, whatever their method.
  if (routeOptions.url !== undefined) places.set(config, place);
  return place;
}

/** Requests often share a millisecond. */
function now(): string {
  const at = Date.now();
  if (at !== formatted.at) formatted = { at, text: new Date(at).toISOString() };
  return formatted.text;
}
