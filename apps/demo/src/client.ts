/** What the service answered: the body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Something came out otherwise than the story says. */
export class Surprise extends Error {
  override readonly name = 'Surprise';
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes instead of JSON, with their media type. */
  readonly bytes?: { readonly type: string; readonly data: Uint8Array };
}

/** Speaks to a Rolebook over REST, as any client would. */
export class Client {
  constructor(readonly url: string) {}

  /** @throws {Surprise} where the answer has another status. Of a problem, `expected` may also be its slug: `409 email-taken` */
  async call(expected: number | string, method: string, path: string, body?: unknown, { token, headers = {}, bytes }: CallOptions = {}): Promise<Answer> {
    const sent = bytes ? { type: bytes.type, data: Buffer.from(bytes.data) } : body === undefined ? null : { type: 'application/json', data: JSON.stringify(body) };
    const response = await fetch(this.url + path, {
      method, headers: { ...headers, ...(sent ? { 'content-type': sent.type } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) }, ...(sent ? { body: sent.data } : {}),
    });
    const text = await response.text();
    const answer = { status: response.status, body: parsed(text), headers: response.headers };
    const got = `${answer.status} ${slugOf(answer.body)}`.trim();
    if (got !== String(expected)) throw new Surprise(`${method} ${path}: wanted ${expected}, got ${got}\n${text.slice(0, 500)}`);
    return answer;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text || '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

function slugOf({ type }: Record<string, unknown>): string {
  return typeof type === 'string' ? type.replace('urn:rolebook:problem:', '') : '';
}
