import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../simulation/random';
import { Client, PASSWORD, type Desk } from './client';
import { compare, isDone } from './compare';
import { Connection } from './http';
import { inspect } from './inspection';
import { Journal } from './journal';
import { Outbox } from './outbox';
import { Service, SETUP_TOKEN } from './service';

/** What is done to the service's data while it is down, to show that it is noticed. */
export const SABOTAGES = ['lost-writes', 'forgotten-keys'] as const;
export type SabotageName = (typeof SABOTAGES)[number];

const CLIENTS = 12;
const OWNER = 'owner@crash.example';
const SLUG = 'crash';
/** An address is kept so long for an invitation that is being made. */
const IN_THE_MAKING_MS = 15_000;

/** One data folder, from its first start on: clients at work, and a service that is killed under them again and again. */
export class Life {
  readonly data: string;
  readonly problems: string[] = [];
  /** Milliseconds from each start to being ready. */
  readonly readyAfterMs: number[] = [];
  private readonly journal: Journal;
  private readonly desk: Desk;
  private readonly clients: Client[];
  private readonly reception = new Connection();
  private ownerId = '';
  private signIns = 0;
  private running: Service | null = null;

  constructor(private readonly folder: string, private readonly chance: Random, private readonly sabotage: SabotageName | null) {
    mkdirSync(folder, { recursive: true });
    this.data = join(folder, 'data');
    this.journal = new Journal(join(folder, 'journal.ndjson'));
    this.desk = { journal: this.journal, outbox: new Outbox(join(this.data, 'outbox')), slug: SLUG, token: '', port: 0 };
    this.clients = Array.from({ length: CLIENTS }, (_, n) => new Client(`c${n}`, this.desk, chance.fork()));
  }

  /** Counts of what has happened so far. */
  get asked(): { readonly requests: number; readonly acknowledged: number; readonly unknown: number } {
    const entries = this.journal.read();
    return { requests: entries.length, acknowledged: entries.filter(({ answers: [first] }) => first && isDone(first)).length, unknown: entries.filter(({ answers }) => answers.length === 0).length };
  }

  /** Start, ask again what nobody answered, work, and die; then the log is held against what the clients know. */
  async round(): Promise<void> {
    if (this.chance.perMille(200) && this.signIns > 0) await this.dieStarting();
    const service = await this.start();
    await this.settle();
    if (this.sabotage === 'lost-writes') this.keepCopy();
    const over = new Promise<void>((done) => { setTimeout(done, 100 + this.chance.int(900)); });
    let stopped = false;
    const working = this.clients.map((client) => client.work(() => stopped));
    await over;
    await service.kill();
    stopped = true;
    await Promise.all(working);
    this.spoil();
    await this.check();
  }

  /** The last start: nothing is open any more afterwards, and no address is stranded. @returns the service, running */
  async settled(): Promise<Service> {
    const service = await this.start();
    await this.settle();
    return service;
  }

  /** Work until `stopped`; for what is done to the service meanwhile. */
  async workUntil(stopped: () => boolean): Promise<void> {
    await Promise.all(this.clients.map((client) => client.work(stopped)));
  }

  get token(): string { return this.desk.token; }

  /** Holds the log against the journal, and the read models against the log. The service must have ended. */
  async check(): Promise<void> {
    await inspect(this.data, async (inspection) => {
      const { lost, doubled, otherwise } = compare(this.journal.read(), await inspection.log());
      this.problems.push(...lost.map((text) => `lost: ${text}`), ...doubled.map((text) => `doubled: ${text}`), ...otherwise, ...await inspection.differences());
    });
  }

  /** Every address that an invitation was asked for belongs to somebody, or can be invited. */
  async lookForStranded(): Promise<void> {
    const until = performance.now() + IN_THE_MAKING_MS;
    for (const email of this.clients.flatMap(({ addresses }) => addresses)) {
      for (;;) {
        if (await this.isInUse(email)) break;
        const path = '/v1/invitations?dryRun=true';
        const reply = await this.reception.send(this.desk.port, { method: 'POST', path, body: { email, role: 'crew' }, headers: { authorization: `Bearer ${this.desk.token}` } });
        if (reply?.status === 200) break;
        if (performance.now() > until) {
          this.problems.push(`stranded: ${email} belongs to nobody, and cannot be invited: ${reply?.status} ${JSON.stringify(reply?.body)}`);
          break;
        }
        await new Promise((done) => { setTimeout(done, 500); });
      }
    }
  }

  /** Leaves no service behind, whatever went wrong. */
  async close(): Promise<void> {
    await this.running?.kill();
    for (const client of this.clients) client.close();
    this.reception.close();
  }

  private async isInUse(email: string): Promise<boolean> {
    const path = `/v1/users?status=active,invited,deactivated&q=${encodeURIComponent(email)}`;
    const reply = await this.reception.send(this.desk.port, { method: 'GET', path, body: undefined, headers: { authorization: `Bearer ${this.desk.token}` } });
    return ((reply?.body ?? {}) as { items?: { email: string }[] }).items?.some((user) => user.email === email) ?? false;
  }

  /** Dies while it starts, or soon after. */
  private async dieStarting(): Promise<void> {
    const service = Service.start(this.data);
    await new Promise((done) => { setTimeout(done, this.chance.int(1500)); });
    await service.kill();
  }

  private async start(): Promise<Service> {
    const service = this.running = Service.start(this.data);
    this.readyAfterMs.push(await service.ready());
    this.desk.port = service.port;
    if (this.ownerId === '') await this.found();
    await this.signInOwner();
    return service;
  }

  private async settle(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.settle()));
  }

  private async found(): Promise<void> {
    const body = { name: 'Crash & Co', slug: SLUG, owner: { email: OWNER, displayName: 'Olive Owner', password: PASSWORD } };
    const reply = await this.reception.send(this.desk.port, { method: 'POST', path: '/v1/businesses', body, headers: { 'setup-token': SETUP_TOKEN } });
    if (reply?.status !== 201) throw new Error(`the business could not be set up: ${JSON.stringify(reply)}`);
    this.ownerId = (reply.body as { user: { id: string } }).user.id;
  }

  private async signInOwner(): Promise<void> {
    const body = { business: SLUG, email: OWNER, password: PASSWORD };
    const asked = this.journal.asks({ method: 'POST', path: '/v1/auth/sign-in', body, key: `owner-${++this.signIns}`, mark: { type: 'SessionStarted', userId: this.ownerId, text: '' } });
    const reply = await this.reception.send(this.desk.port, { method: 'POST', path: asked.path, body, headers: { 'idempotency-key': asked.key ?? '' } });
    if (reply?.status !== 200) throw new Error(`the owner cannot sign in: ${JSON.stringify(reply)}`);
    this.journal.answers(asked.n, reply.status, reply.body);
    this.desk.token = (reply.body as { accessToken: string }).accessToken;
  }

  /** What the disk had before the work began. */
  private keepCopy(): void {
    rmSync(`${this.data}-before`, { recursive: true, force: true });
    cpSync(this.data, `${this.data}-before`, { recursive: true });
  }

  private spoil(): void {
    if (this.sabotage === 'lost-writes' && existsSync(`${this.data}-before`)) {
      // A disk that says it has written, and has not.
      rmSync(this.data, { recursive: true });
      cpSync(`${this.data}-before`, this.data, { recursive: true });
    }
    if (this.sabotage === 'forgotten-keys') for (const end of ['', '-wal', '-shm']) rmSync(join(this.data, `operational.db${end}`), { force: true });
  }
}
