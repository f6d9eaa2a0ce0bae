import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { spells } from '@rolebook/spells';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import type { Answered } from './answered';
import { identified } from './hardened-response';
import type { TakesBytes } from './json';
import type { QuickRoute, QuickRoutes } from './quick';

/** Queries of this length and shorter are few, and are asked again and again; a cursor is longer. */
const SHORT = 64;
/** Short queries that are kept taken apart. */
const MOST_QUERIES = 500;

/**
 * Asks quick routes before Fastify does, which spares a plain yes its router, its hooks and its objects. Fastify is asked for everything else:
 * where the path, as it stands, is none of a quick route; where the route itself goes the usual way; and once for each route,
 * to learn what it is called. What it is asked for is begun in {@link spells}: quick reads go before it.
 */
export class QuickServer {
  private readonly queries = new Map<string, object>();
  private isClosing = false;

  /** @param answered told of each answer given here, as Fastify's hooks are of its own */
  constructor(private readonly routes: QuickRoutes, private readonly answered: readonly Answered[]) {}

  /** To be called before anything else listens for requests. */
  before(fastify: Pick<FastifyInstance, 'server' | 'addHook' | 'routing'>): void {
    const { server } = fastify;
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const otherwise = () => spells.begin(() => fastify.routing(request, response));
      if (!this.asked(request, response, otherwise)) otherwise();
    });
    fastify.addHook('preClose', (done) => {
      this.isClosing = true;
      done();
    });
  }

  /** @returns whether the request is looked after */
  private asked(request: IncomingMessage, response: ServerResponse, otherwise: () => void): boolean {
    if (request.method !== 'GET' || this.isClosing) return false;
    const url = request.url as string;
    const end = url.indexOf('?');
    const route = this.routes.get(end < 0 ? url : url.slice(0, end));
    if (route?.options == null) return false;
    const asked = new QuickRequest(request, route.options, end < 0 ? NO_QUERY : this.parsed(url.slice(end + 1)));
    this.answer(route, asked, new QuickReply(asked, response, this.answered), otherwise);
    return true;
  }

  private answer(route: QuickRoute, request: QuickRequest, reply: QuickReply, otherwise: () => void): void {
    // Whatever is wrong with what was sent in part is nothing that could be said any more.
    const failed = () => { reply.raw.destroy(); };
    try {
      const waiting = route.answer(request as unknown as FastifyRequest, reply as unknown as FastifyReply, otherwise);
      if (waiting instanceof Promise) waiting.catch(failed);
    } catch {
      failed();
    }
  }

  private parsed(text: string): object {
    if (text.length > SHORT) return parse(text);
    let query = this.queries.get(text);
    if (!query) {
      if (this.queries.size >= MOST_QUERIES) this.queries.clear();
      this.queries.set(text, (query = Object.freeze(parse(text))));
    }
    return query;
  }
}

const NO_QUERY = Object.freeze({});
const NO_PARAMS = Object.freeze({});

/** As much of Fastify's request as guards and quick handlers look at: more is found nowhere, and sends them the usual way. */
class QuickRequest {
  readonly id: string;
  readonly method = 'GET';
  readonly params = NO_PARAMS;
  readonly body = undefined;
  readonly headers: IncomingMessage['headers'];
  readonly url: string;

  constructor(readonly raw: IncomingMessage, readonly routeOptions: FastifyRequest['routeOptions'], readonly query: object) {
    this.id = identified(raw, randomUUID());
    this.headers = raw.headers;
    this.url = raw.url as string;
  }
}

const REPLY = Symbol('reply');
type Replied = ServerResponse & { [REPLY]?: QuickReply };

/** As much of Fastify's reply as quick handlers use, with the same head for the same answer. */
class QuickReply implements TakesBytes {
  statusCode = 200;
  sent = false;
  elapsedTime = 0;
  private readonly begun = performance.now();
  private readonly headers: Record<string, string> = {};

  constructor(readonly request: QuickRequest, readonly raw: ServerResponse, readonly answered: readonly Answered[]) {}

  status(code: number): this {
    this.statusCode = code;
    return this;
  }

  header(name: string, value: string): this {
    this.headers[name] = value;
    return this;
  }

  /** @throws {TypeError} where it is no text and no bytes: Fastify knows what to make of it */
  send(body?: string | Buffer): this {
    if (body === undefined) return this.end();
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) throw new TypeError('only texts and bytes are sent from here');
    const length = Buffer.byteLength(body);
    this.headers['content-length'] = String(length);
    // ASCII is the same bytes either way, and copied rather than encoded.
    return this.end(body, length === body.length ? 'latin1' : 'utf8');
  }

  sendBytes(text: string): this {
    this.headers['content-length'] = String(text.length);
    return this.end(text, 'latin1');
  }

  private end(body?: string | Buffer, encoding: BufferEncoding = 'utf8'): this {
    const { raw } = this;
    (raw as Replied)[REPLY] = this;
    raw.on('finish', finished);
    this.sent = true;
    raw.writeHead(this.statusCode, this.headers).end(body, encoding);
    return this;
  }

  finished(): void {
    this.elapsedTime = performance.now() - this.begun;
    for (const answered of this.answered) answered(this.request, this);
  }
}

/** One function for all answers. */
function finished(this: ServerResponse): void {
  (this as Replied)[REPLY]?.finished();
}
