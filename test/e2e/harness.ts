import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { createApp } from '../../apps/api/src/app';
import { readConfig } from '@rolebook/installation';
import { openInstallation, type Installation } from '@rolebook/installation';
import { systemClock, type Clock } from '@rolebook/kernel';
import { HttpClient, portOf, type Answer } from './http-client';
import { OpenApiChecker, type ApiDocument } from './openapi-checker';
import { startEngines, type Engines } from './engines';
import { QuickPasswords } from './quick-passwords';
import { readMail, type ReadMail } from './read-mail';

export type { Answer };

export const PASSWORD = 'correct horse battery staple 42';
export const SETUP_TOKEN = 'setup-token-of-the-tests';

/** A clock that runs with the real one and can be put forward or back. */
export class TestClock implements Clock {
  private offset = 0;
  now(): number { return systemClock.now() + this.offset; }
  /** @param milliseconds negative: back */
  shift(milliseconds: number): void { this.offset += milliseconds; }
}

interface CallOptions { readonly token?: string; readonly headers?: Readonly<Record<string, string>> }

/** How passwords are hashed: `quick-passwords.ts` says what for. `argon2` where hashing itself is looked at, or a built service goes on with the data. */
type Passwords = 'quick' | 'argon2';

/** The document is the same for every service of a run. */
let checker: Promise<OpenApiChecker> | undefined;

/** The real service on a data folder of its own, asked over HTTP. */
export class Service {
  private client: Promise<HttpClient> | undefined;

  private constructor(readonly data: string, readonly clock: TestClock, private app: NestFastifyApplication, private opened: Installation, private readonly env: Record<string, string>,
    readonly engines: Engines | null, private readonly passwords: Passwords,
  ) {}

  static async start(env: Record<string, string> = {}, clock = new TestClock(), passwords: Passwords = 'quick'): Promise<Service> {
    return Service.on(await startEngines(clock), env, clock, passwords);
  }

  /** On the embedded stores, whatever the run is for. */
  static startEmbedded(env: Record<string, string> = {}, clock = new TestClock(), passwords: Passwords = 'quick'): Promise<Service> {
    return Service.on(null, env, clock, passwords);
  }

  /** On servers of the test's own; `dispose` disposes of them too. */
  static async on(engines: Engines | null, env: Record<string, string>, clock: TestClock, passwords: Passwords = 'quick'): Promise<Service> {
    const data = mkdtempSync(join(tmpdir(), 'rolebook-e2e-'));
    const all = { ...engines?.env, ...env };
    const { app, installation } = await open(data, all, clock, passwords);
    return new Service(data, clock, app, installation, all, engines, passwords);
  }

  /** Another node on the same servers and in the same folder; to be closed before this one is disposed of. */
  async beside(env: Record<string, string> = {}): Promise<Service> {
    const all = { ...this.env, ...env };
    const { app, installation } = await open(this.data, all, this.clock, this.passwords);
    return new Service(this.data, this.clock, app, installation, all, this.engines, this.passwords);
  }

  /** What a process needs in its environment to be a node beside this one. */
  get environment(): Readonly<Record<string, string>> { return { ...environment(this.data), ...this.env }; }

  get installation(): Installation { return this.opened; }
  /** For supertest. */
  get server() { return this.app.getHttpServer(); }
  get http(): NestFastifyApplication { return this.app; }

  /** Where it listens, from then on. */
  port(): Promise<number> { return portOf(this); }

  /** Stops and starts again on the same data. */
  async restart(env: Record<string, string> = {}): Promise<void> {
    await this.close();
    await this.reopen(env);
  }

  /** Starts again on the same data, after `close`. */
  async reopen(env: Record<string, string> = {}): Promise<void> {
    const { app, installation } = await open(this.data, { ...this.env, ...env }, this.clock, this.passwords);
    this.app = app;
    this.opened = installation;
  }

  /** One request; the body goes as JSON. Its answer must be as the OpenAPI document says. */
  async call(method: string, path: string, body?: unknown, { token, headers = {} }: CallOptions = {}): Promise<Answer> {
    const asked = { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const plain = body === undefined || (typeof body === 'object' && !Buffer.isBuffer(body) && !('content-type' in headers));
    const seen = plain ? await this.ask(method, path, body, asked) : await this.upload(method, path, body as object, asked);
    (await this.checker()).check({ method, path, sent: body, ...seen });
    return seen;
  }

  /** On connections that stay open, as many as are wanted at once. */
  private async ask(method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Answer> {
    this.client ??= HttpClient.of(this, Infinity);
    const answer = await (await this.client).send({ method, path, headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { ...answer, body: typeof answer.body === 'string' ? {} : answer.body };
  }

  /** What is no JSON, or says of itself what it is. */
  private async upload(method: string, path: string, body: object, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const agent = request(this.server) as unknown as Record<string, (path: string) => request.Test>;
    const { status, body: answer, headers: answered, text } = await agent[method.toLowerCase()]!(path).set(headers).send(body);
    return { status, body: answer as unknown, headers: answered, text };
  }

  private checker(): Promise<OpenApiChecker> {
    checker ??= request(this.server).get('/openapi.json').then(({ body }) => new OpenApiChecker(body as ApiDocument));
    return checker;
  }

  /** Everything that is stored, as files: what embedded stores keep, or what the servers give back. @returns the folder */
  async storedFiles(): Promise<string> {
    await this.engines?.dump(this.installation.events, this.data);
    return this.data;
  }

  /** Mails in the outbox, oldest first. */
  mails(): ReadMail[] {
    const outbox = join(this.data, 'outbox');
    try {
      return readdirSync(outbox).filter((file) => file.endsWith('.eml')).sort().map((file) => readMail(readFileSync(join(outbox, file), 'utf8')));
    } catch {
      return [];
    }
  }

  /** The newest mail to an address, once there are more than `after` of them. */
  async mailTo(address: string, after = 0): Promise<ReadMail> {
    for (let i = 0; i < 400; i++) {
      const found = this.mails().filter(({ to }) => to.toLowerCase().includes(address.toLowerCase()));
      if (found.length > after) return found.at(-1)!;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no mail to ${address}`);
  }

  async close(): Promise<void> {
    const client = await this.client;
    this.client = undefined;
    client?.close();
    await this.app.close();
    await this.opened.close();
  }

  async dispose(): Promise<void> {
    await this.close();
    await this.engines?.dispose();
    rmSync(this.data, { recursive: true, force: true });
  }
}

async function open(data: string, env: Record<string, string>, clock: Clock, passwords: Passwords): Promise<{ app: NestFastifyApplication; installation: Installation }> {
  const config = readConfig({ ...environment(data), ...env });
  const opened = await openInstallation(config, clock);
  const installation = passwords === 'argon2' ? opened : { ...opened, passwords: new QuickPasswords(opened.passwords) };
  try {
    return { app: await createApp(installation), installation };
  } catch (error) {
    await installation.close();
    throw error;
  }
}

function environment(data: string): Record<string, string> {
  return { ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_WEB_URL: 'https://app.example', ROLEBOOK_REQUEST_LOG: 'off' };
}

let counter = 0;
/** A name nobody else in this run has. */
export const unique = (prefix: string) => `${prefix}${Date.now().toString(36)}${process.pid.toString(36)}${(counter++).toString(36)}`;

export interface Person { readonly id: string; readonly email: string; readonly token: string; readonly refreshToken: string; readonly sessionId: string }
export interface Business { readonly id: string; readonly slug: string; readonly owner: Person }

/** Sets up a business and signs its owner in. */
export async function business(service: Service, slug = unique('biz-')): Promise<Business> {
  const email = `owner@${slug}.example`;
  const made = await service.call('POST', '/v1/businesses', { name: `Business ${slug}`, slug, owner: { email, displayName: 'Olive Owner', password: PASSWORD } }, { headers: { 'setup-token': SETUP_TOKEN } });
  expectStatus(made, 201);
  return { id: made.body.business.id, slug, owner: await signIn(service, slug, email, made.body.user.id) };
}

export async function signIn(service: Service, slug: string, email: string, id = '', password = PASSWORD): Promise<Person> {
  const answer = await service.call('POST', '/v1/auth/sign-in', { business: slug, email, password }, { headers: { 'user-agent': CHROME } });
  expectStatus(answer, 200);
  const { accessToken, refreshToken, sessionId } = answer.body;
  return { id, email, token: accessToken, refreshToken, sessionId };
}

export const CHROME = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

/** Invites somebody, without their accepting. */
export async function invited(service: Service, { owner, slug }: Business, role: string, more: object = {}): Promise<{ id: string; email: string }> {
  const email = `${unique(role)}@${slug}.example`;
  const answer = await service.call('POST', '/v1/invitations', { email, role, ...more }, { token: owner.token });
  expectStatus(answer, 201);
  return { id: answer.body.id, email };
}

/** Invites somebody, accepts for them and signs them in. */
export async function member(service: Service, of: Business, role: string, { name = `${role} person`, overrides }: { name?: string; overrides?: object } = {}): Promise<Person> {
  const { id, email } = await invited(service, of, role, overrides ? { overrides } : {});
  const { token } = await service.mailTo(email);
  expectStatus(await service.call('POST', '/v1/invitations/accept', { token, displayName: name, password: PASSWORD }), 201);
  return signIn(service, of.slug, email, id);
}

/** @throws {Error} with the answer, where the status is another */
export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) throw new Error(`wanted ${status}, got ${answer.status}: ${answer.text.slice(0, 400)}`);
}

/** The slug of a problem answer; anything else fails. */
export function problemOf(answer: Answer): string {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toEqual(expect.objectContaining({ type: expect.stringMatching(/^urn:rolebook:problem:/), title: expect.any(String), status: answer.status, detail: expect.any(String), requestId: expect.any(String) }));
  return (answer.body.type as string).slice('urn:rolebook:problem:'.length);
}
