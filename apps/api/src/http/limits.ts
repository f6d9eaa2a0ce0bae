import { AVATAR_MAX_BYTES } from '@rolebook/avatars';
import type { FastifyInstance } from 'fastify';

/** More than any request in JSON of this API needs: names, reasons and addresses all have limits of their own. */
export const JSON_MAX_BYTES = 64 * 1024;

/**
 * How long a client may take. One that sends its headers or body too slowly is answered 408 and cut off, within five seconds of its time; one that
 * neither sends nor reads is cut off after a minute. Headers, address included, are 16 KiB at most: 431.
 */
export const CONNECTION_LIMITS = {
  http: { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16 * 1024 },
  requestTimeout: 30_000, connectionTimeout: 60_000, keepAliveTimeout: 72_000,
} as const;

/** A process has so many at most, each of some ten kilobytes; further ones are dropped until one of these ends. */
export const MOST_CONNECTIONS = 10_000;

/** Gives each route the limit of its body: pictures theirs where pictures go, and nowhere else. To be called before any route is registered. */
export function limitBodies(fastify: Pick<FastifyInstance, 'addHook'>): void {
  fastify.addHook('onRoute', (route) => {
    const takesPictures = [route.method].flat().includes('PUT') && route.url.endsWith('/avatar');
    route.bodyLimit = takesPictures ? AVATAR_MAX_BYTES : JSON_MAX_BYTES;
  });
}
