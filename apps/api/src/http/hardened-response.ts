import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { SECURITY_HEADERS } from './headers';

const ALWAYS = Object.entries(SECURITY_HEADERS);
const ID = Symbol('id of a request');

type Identified = IncomingMessage & { [ID]?: string };

/** Has the answer to a request carry this id, which is of our own making: it is not checked again. */
export function identified(request: Identified, id: string): string {
  request[ID] = id;
  return id;
}

/** As they stand in a head. */
const ALWAYS_TEXT = ALWAYS.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const OURS: ReadonlySet<string> = new Set([...ALWAYS.map(([name]) => name), 'x-request-id']);

/**
 * An answer that carries the headers of security and its request's id, whoever gives it: put in where the head is written, the one place that
 * every answer passes, so that none lacks them. As a text made once, behind the status line: given to Node as headers, each is checked and joined
 * anew for every answer, which costs a tenth of a small one. What an answer says itself stands, such as its own `cache-control`.
 */
export class HardenedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const given = rest.at(-1);
    if (!HAS_STORE_HEADER || Array.isArray(given) || this.saysOurs(isFields(given) ? given : NONE)) return this.writeOneByOne(status, rest);
    const id = (this.req as Identified)[ID];
    (this as Written)[LINES] = id === undefined ? ALWAYS_TEXT : `${ALWAYS_TEXT}x-request-id: ${id}\r\n`;
    return super.writeHead(status, ...(rest as []));
  }

  /** Node's own and undocumented, though other libraries rely on it: puts the head together behind its first line. The spec beside this file notices where it goes. */
  _storeHeader(firstLine: string, headers: unknown): void {
    NODES._storeHeader.call(this, `${firstLine}${(this as Written)[LINES] ?? ''}`, headers);
  }

  /**
   * A text goes out as one with its head. Node writes the body, then an empty text that tells when it is done: two, so that both are copied for a
   * `writev`, a twentieth of a small answer. Here the body goes in the place of the empty one.
   */
  override end(...given: readonly unknown[]): this {
    const [body, encoding, done] = given;
    const isText = typeof body === 'string' && body !== '' && (encoding === 'utf8' || encoding === 'latin1' || encoding == null) && done == null;
    const { _header, _headerSent, _hasBody } = this as unknown as Internals;
    if (!isText || !HAS_SEND || typeof _header !== 'string' || _headerSent !== false || _hasBody !== true || this.chunkedEncoding) return super.end(...(given as []));
    (this as Written)[BODY] = { text: body, encoding };
    return super.end();
  }

  /** Node's own and undocumented, as {@link _storeHeader}: sends the head, and a text behind it. */
  _send(text: unknown, encoding: unknown, ...rest: readonly unknown[]): boolean {
    const body = (this as Written)[BODY];
    if (body === undefined) return NODES._send.call(this, text, encoding, ...rest);
    (this as Written)[BODY] = undefined;
    return NODES._send.call(this, body.text, body.encoding, ...rest);
  }

  private saysOurs(own: OutgoingHttpHeaders): boolean {
    for (const name in own) if (OURS.has(name)) return true;
    return this.getHeaderNames().some((name) => OURS.has(name));
  }

  private writeOneByOne(status: number, rest: readonly unknown[]): this {
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
const LINES = Symbol('lines behind the status line');
const BODY = Symbol('body to be sent with the head');
type Written = { [LINES]?: string; [BODY]?: { readonly text: string; readonly encoding: unknown } | undefined };
interface Internals { readonly _header: unknown; readonly _headerSent: unknown; readonly _hasBody: unknown }
const NODES = ServerResponse.prototype as unknown as { _storeHeader(firstLine: string, headers: unknown): void; _send(text: unknown, encoding: unknown, ...rest: readonly unknown[]): boolean };
/** A Node without it gets the headers one by one, rather than none. */
const HAS_STORE_HEADER = typeof NODES._storeHeader === 'function';
const HAS_SEND = typeof NODES._send === 'function';

function isFields(given: unknown): given is OutgoingHttpHeaders {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
