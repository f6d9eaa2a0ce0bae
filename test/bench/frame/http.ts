import { join } from 'node:path';
import type { Target } from './compare';
import { ask, CORE, startScript } from './pinned';
import type { Bench } from './row';
import type { Service } from './service';

/** A whole HTTP request as text. */
export function request(method: string, path: string, { token, body }: { readonly token?: string; readonly body?: object } = {}): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  return [
    `${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'Accept: application/json', ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]), '', text,
  ].join('\r\n');
}

export function target(name: string, { port, pid }: Pick<Service, 'port' | 'pid'>, requests: readonly string[]): Target {
  return { name, port, pid, requests };
}

/** One call, outside of any measurement. @throws {Error} where the answer is no 2xx */
export async function call<Body>({ port }: Pick<Service, 'port'>, method: string, path: string, { token, body }: { readonly token?: string; readonly body?: object } = {}): Promise<{ readonly status: number; readonly text: string; readonly body: Body }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return { status: answer.status, text, body: (text === '' ? null : JSON.parse(text)) as Body };
}

/** Bare Fastify, answering as the service answers to the first of its requests. */
export async function bareFastify(bench: Bench, like: Target): Promise<Target> {
  const [first = ''] = like.requests;
  const [, path = '/'] = first.split(' ', 2);
  const token = /Authorization: Bearer (\S+)/.exec(first)?.[1];
  const { status, text } = await call(like, 'GET', path, token === undefined ? {} : { token });
  const child = bench.during(startScript(join(__dirname, '..', 'yardsticks', 'bare-fastify.ts'), [], CORE.server));
  const { port } = await ask<{ port: number }>(child, { status, body: text });
  return { name: 'bare Fastify', port, pid: child.pid as number, requests: like.requests };
}
