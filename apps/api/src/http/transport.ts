import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SECURITY_HEADERS } from './headers';
import { Problem, problemDocument, type ProblemSlug } from './problems';

/** Answers with problem documents where a request fails before any route of ours sees it. Options of the Fastify adapter. */
export const transportErrors = {
  /** A path that cannot be decoded, or a part of it that is too long for any id. */
  frameworkErrors(error: { readonly statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
    const problem = error.statusCode === 414 ? new Problem('uri-too-long') : new Problem('validation', 'The address is not valid.');
    const document = problemDocument(problem, request.id);
    void reply.status(document.status).header('content-type', 'application/problem+json').send(Buffer.from(JSON.stringify(document)));
  },

  /** What is no HTTP, or too much of it: there is a socket and nothing else yet. */
  clientErrorHandler(error: Error & { readonly code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (socket.writable) {
      const document = problemDocument(new Problem(slugOf(error.code)), randomUUID());
      const body = JSON.stringify(document);
      socket.write([
        `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status] ?? ''}`, 'Content-Type: application/problem+json', `Content-Length: ${Buffer.byteLength(body)}`,
        ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`), `X-Request-Id: ${document.requestId}`, 'Connection: close', '', body,
      ].join('\r\n'));
    }
    socket.destroy(error);
  },
};

function slugOf(code: string | undefined): ProblemSlug {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return 'headers-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT': return 'request-timeout';
    default: return 'validation';
  }
}

/** Knows which methods there are at a path, so that a wrong method reads as one (RFC 9110, section 15.5.6) and not as a wrong path. */
export class MethodsByPath {
  private readonly routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** To be called before any route is registered. */
  static of(fastify: Pick<FastifyInstance, 'addHook'>): MethodsByPath {
    const table = new MethodsByPath();
    fastify.addHook('onRoute', ({ url, method }) => {
      const known = table.routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
      for (const one of [method].flat()) known.methods.add(one);
      table.routes.set(url, known);
    });
    return table;
  }

  /** @param url with or without a query */
  at(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    return [...this.routes.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : [])).sort();
  }
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`);
}
