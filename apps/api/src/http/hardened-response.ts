import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { SECURITY_HEADERS } from './headers';

const ALWAYS = Object.entries(SECURITY_HEADERS);
const ID = Symbol('id of a request');

type Identified = IncomingMessage & { [ID]?: string };

/** Has the answer to a request carry this id. */
export function identified(request: Identified, id: string): string {
  request[ID] = id;
  return id;
}

/**
 * An answer that carries the headers of security and its request's id, whoever gives it: put in where the head is written, the one place that
 * every answer passes, so that none lacks them. As a flat list, which Node writes out as it is: through the framework, header by header, they
 * cost as much as the rest of a small answer. What an answer says itself stands, such as its own `cache-control`.
 */
export class HardenedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const given = rest.at(-1);
    const own = isFields(given) ? given : NONE;
    const lines: OutgoingHttpHeader[] = [];
    for (const [name, value] of ALWAYS) if (own[name] === undefined && !this.hasHeader(name)) lines.push(name, value);
    const id = (this.req as Identified)[ID];
    if (id !== undefined && own['x-request-id'] === undefined) lines.push('x-request-id', id);
    if (Array.isArray(given)) lines.push(...(given as OutgoingHttpHeader[]));
    for (const name in own) lines.push(name, own[name] as OutgoingHttpHeader);
    return typeof rest[0] === 'string' ? super.writeHead(status, rest[0], lines) : super.writeHead(status, lines);
  }
}

const NONE: OutgoingHttpHeaders = {};

function isFields(given: unknown): given is OutgoingHttpHeaders {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
