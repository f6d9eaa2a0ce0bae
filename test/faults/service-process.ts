import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PASSWORD, SETUP_TOKEN, unique } from '../e2e/harness';
import { builtService } from './built';

export interface Answer { readonly status: number; readonly headers: Headers; readonly body: any; readonly text: string } // eslint-disable-line @typescript-eslint/no-explicit-any -- a test reads whatever comes

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  /** Put before `node main.js`: how to enter a name space, or another user. */
  readonly through?: readonly string[];
}

/** The built service as operators run it: a process of its own on a data folder, asked over HTTP. */
export class ServiceProcess {
  /** Where it listens; the first argument of every request is a path behind it. */
  url = '';
  /** Everything it has written, both streams. */
  said = '';
  readonly exited: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    this.exited = once(child, 'exit').then(([code]) => code as number | null);
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (bytes: Buffer) => { this.said += bytes.toString('utf8'); });
  }

  /** Starts it and returns at once. */
  static spawn(data: string, { env = {}, through = [] }: Options = {}): ServiceProcess {
    const [command, ...rest] = [...through, process.execPath, builtService()];
    return new ServiceProcess(spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, PORT: '0', ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_REQUEST_LOG: 'off', ...env },
    }));
  }

  /** Started and listening. @throws {Error} with what it said, where it ended instead */
  static async start(data: string, options: Options = {}): Promise<ServiceProcess> {
    const service = ServiceProcess.spawn(data, options);
    const ended = service.exited.then((code) => `it ended with ${String(code)}`);
    while (service.url === '') {
      const end = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(resolve, 10, null))]);
      if (end !== null) throw new Error(`the service did not start: ${end}:\n${service.said}`);
      service.url = /listening on (\S+)/.exec(service.said)?.[1] ?? '';
    }
    return service;
  }

  /** What it says when it refuses to start. @throws {Error} where it starts all the same */
  static async refusal(data: string, options: Options = {}): Promise<string> {
    const service = ServiceProcess.spawn(data, options);
    const started = (async () => { while (!service.said.includes('listening on')) await new Promise((resolve) => setTimeout(resolve, 10)); return 'started' as const; })();
    const code = await Promise.race([service.exited, started]);
    if (code === 'started') {
      await service.kill();
      throw new Error(`it started all the same:\n${service.said}`);
    }
    if (code !== 1) throw new Error(`it ended with ${String(code)} and not with 1:\n${service.said}`);
    const sentence = /^Rolebook did not start: (.*)$/m.exec(service.said)?.[1];
    if (sentence === undefined) throw new Error(`it did not say why:\n${service.said}`);
    return sentence;
  }

  async call(method: string, path: string, body?: unknown, { token, headers = {} }: { readonly token?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Answer> {
    const raw = body instanceof Uint8Array;
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }), ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: /[/+]json\b/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : null };
  }

  /** A business with its owner signed in. */
  async business(): Promise<{ readonly id: string; readonly slug: string; readonly email: string; readonly ownerId: string; readonly token: string }> {
    const slug = unique('biz-');
    const email = `owner@${slug}.example`;
    const made = expectStatus(await this.call('POST', '/v1/businesses', { name: slug, slug, owner: { email, displayName: 'Olive Owner', password: PASSWORD } }, { headers: { 'setup-token': SETUP_TOKEN } }), 201);
    return { id: made.body.business.id, slug, email, ownerId: made.body.user.id, token: await this.signIn(slug, email) };
  }

  async signIn(slug: string, email: string): Promise<string> {
    return expectStatus(await this.call('POST', '/v1/auth/sign-in', { business: slug, email, password: PASSWORD }), 200).body.accessToken as string;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** In order. @returns its exit code */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** @returns the answer. @throws {Error} with it, where the status is another */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new Error(`wanted ${status}, got ${answer.status}: ${answer.text.slice(0, 400)}`);
  return answer;
}

/** A refusal for want of something outside: 503 in the contract's form, and when to try again. */
export function expectUnavailable(answer: Answer, slug: 'unavailable' | 'behind' = 'unavailable'): void {
  expect({ status: answer.status, type: answer.body?.type as string, after: Number(answer.headers.get('retry-after')) > 0 }).toEqual({ status: 503, type: `urn:rolebook:problem:${slug}`, after: true });
}

/** Asks again until it is so. @throws {Error} where it is not so within that time */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  for (const end = performance.now() + withinMs; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) if (await isSo()) return;
  throw new Error(`it never came: ${isSo.toString().slice(0, 200)}`);
}
