import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { streamNames } from '@rolebook/access';
import { createAccessTokens, createPasswordHasher, openInstallationSecrets } from '@rolebook/crypto';
import type { BulkAppend, SqliteEventStore } from '@rolebook/event-store/sqlite';
import { openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { systemClock, uuidv7 } from '@rolebook/kernel';
import { historyOf, PASSWORD, userId, type HistoryParts, type SeedBusiness, type Step } from './history';
import { buildReadModels } from './read-models';

/** Raised whenever what is seeded changes: an older seed is then made anew. */
export const SEED_VERSION = 1;
/** Users whose events lie mixed in the log, a step of each at a time, as those of people who work side by side. */
const BLOCK = 2_000;
const FIRST_EVENT = Date.UTC(2025, 0, 1);
const LAST_EVENT = Date.UTC(2026, 0, 1);

type Say = (message: string) => void;

/**
 * Makes a data folder of the service with a history of that many users, through the codec and the log's own bulk entry,
 * and builds the read models from it. One that is there is kept; one that was left half-way is gone on with.
 */
export async function seed(data: string, businesses: readonly SeedBusiness[], say: Say): Promise<void> {
  const state = new SeedState(join(data, 'seed.json'));
  if (state.isDone) return;
  if (!state.isBegun) rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  state.keep();
  const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: 'setup-token-of-the-bench' }), systemClock);
  try {
    await new Seeding(foundation, businesses, state, say).run();
    await buildReadModels(foundation, say);
    // Mails went out long ago.
    await foundation.stores.operational.putMany('mail', [{ key: 'checkpoint', value: await foundation.stores.events.head(), expiresAt: null }]);
    state.done();
  } finally {
    await foundation.stores.close();
  }
}

/** How far the seeding has come, beside what is seeded. */
class SeedState {
  private state = { version: SEED_VERSION, users: 0, passwordHash: '', done: false };
  readonly isBegun: boolean = false;

  constructor(private readonly file: string) {
    if (!existsSync(file)) return;
    const found = JSON.parse(readFileSync(file, 'utf8')) as typeof this.state;
    if (found.version !== SEED_VERSION) return;
    this.state = found;
    this.isBegun = true;
  }

  get isDone(): boolean { return this.state.done; }
  get users(): number { return this.state.users; }
  get passwordHash(): string { return this.state.passwordHash; }

  reached(users: number): void { this.change({ users }); }
  hashed(passwordHash: string): void { this.change({ passwordHash }); }
  done(): void { this.change({ done: true }); }
  keep(): void { writeFileSync(this.file, JSON.stringify(this.state)); }

  private change(change: Partial<typeof this.state>): void {
    this.state = { ...this.state, ...change };
    this.keep();
  }
}

class Seeding {
  private readonly total: number;
  private readonly began = performance.now();
  private readonly already: number;
  private events = 0;

  constructor(private readonly foundation: Foundation, private readonly businesses: readonly SeedBusiness[], private readonly state: SeedState, private readonly say: Say) {
    this.total = businesses.reduce((sum, { users }) => sum + users, 0);
    this.already = state.users;
  }

  async run(): Promise<void> {
    const { keys, masterKey } = this.foundation.stores;
    await createAccessTokens({ store: keys, masterKey, clock: systemClock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api' });
    const secrets = await openInstallationSecrets({ store: keys, masterKey });
    if (this.state.passwordHash === '') this.state.hashed(await hashOf(PASSWORD));
    const log = this.foundation.stores.events as SqliteEventStore;
    let before = 0;
    for (const business of this.businesses) {
      const parts: HistoryParts = { business, passwordHash: this.state.passwordHash, emailStream: (email) => streamNames.email(business.id, secrets.emailHash(business.id, email)) };
      if (this.state.users <= before) await log.bulkAppend(await this.encoded(business, founding(business), before));
      for (let from = Math.max(0, this.state.users - before); from < business.users; from += BLOCK) {
        const until = Math.min(from + BLOCK, business.users);
        await this.foundation.subjectKeys.ensure(Array.from({ length: until - from }, (_, n) => userId(business, from + n)));
        await log.bulkAppend(this.block(parts, from, until, before));
        this.state.reached(before + until);
        this.progress();
      }
      before += business.users;
    }
  }

  /** The steps of a block of users, the first of each before the second of any. */
  private async *block(parts: HistoryParts, from: number, until: number, before: number): AsyncGenerator<BulkAppend> {
    const histories = Array.from({ length: until - from }, (_, n) => historyOf(parts, from + n));
    for (let round = 0, open = true; open; round++) {
      open = false;
      for (const [n, history] of histories.entries()) {
        const step = history[round];
        if (!step) continue;
        open = true;
        yield* await this.encoded(parts.business, [step], before + from + n);
      }
    }
  }

  /** @param place how many users came before: what the moment is taken from */
  private async encoded({ id: businessId }: SeedBusiness, steps: readonly Step[], place: number): Promise<BulkAppend[]> {
    const recordedAt = FIRST_EVENT + Math.floor(((LAST_EVENT - FIRST_EVENT) * place) / this.total);
    return Promise.all(steps.map(async ({ stream, event, actor, sessionId, ip, device }) => {
      const id = uuidv7(recordedAt, createHash('sha256').update(`${stream} ${event.type} ${JSON.stringify(event.data)}`).digest());
      this.events++;
      return { stream, recordedAt, events: await this.foundation.codec.encode([{ id, event }], { businessId, actor, commandId: id, requestId: id, sessionId, ip, device }) };
    }));
  }

  private progress(): void {
    const { users } = this.state;
    const seconds = (performance.now() - this.began) / 1000;
    const left = ((this.total - users) * seconds) / Math.max(1, users - this.already);
    this.say(`seeding: ${users.toLocaleString('en')} of ${this.total.toLocaleString('en')} users, ${Math.round(this.events / seconds).toLocaleString('en')} events/s, about ${Math.ceil(left)} s left`);
  }
}

function founding({ id, slug }: SeedBusiness): Step[] {
  const system = { actor: { type: 'system' } as const, sessionId: null, ip: null, device: null };
  return [
    { ...system, stream: streamNames.slug(slug), event: { type: 'SlugReserved', data: { businessId: id, slug } } },
    { ...system, stream: streamNames.business(id), event: { type: 'BusinessCreated', data: { businessId: id, name: `Business ${slug}`, slug } } },
  ];
}

async function hashOf(password: string): Promise<string> {
  const hasher = createPasswordHasher({ concurrency: 1 });
  try {
    return await hasher.hash(password);
  } finally {
    await hasher.close();
  }
}
