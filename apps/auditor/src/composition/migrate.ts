import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importedMetadata } from '@rolebook/event-store/eventstoredb';
import type { LoggedEvent } from '@rolebook/event-store';
import { openStores, readConfig, type Config, type Stores } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import type { OperationalStore } from '@rolebook/operational-store';
import { NotTried } from '../command';
import { differences, pagesOf, tallyOf, type LogTally } from '../log-tally';
import { copyPictures } from './copy-pictures';

export interface Migration {
  readonly log: LogTally;
  readonly keys: number;
  readonly erased: number;
  readonly secrets: number;
  readonly state: number;
  readonly pictures: number;
  /** What is not there as it was here; nothing where nothing was lost. */
  readonly problems: readonly string[];
}

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** What is kept besides events, and how long it is kept from now on, in milliseconds: the store does not say how long each entry had left. Leases stay behind. */
const STATE: Readonly<Record<string, number>> = {
  'last-seen': 31 * DAY, 'known-devices': 400 * DAY, 'throttle': DAY, 'idempotency': DAY, 'audit-reviews': DAY,
};
/** Followers whose state is a position: in the other log the same event stands elsewhere. */
const FOLLOWERS = ['mail', 'erasures'] as const;
const PAGE = 500;

/**
 * Copies an embedded installation to the servers that the environment names. The service must not run. Interrupted, it is run again and
 * goes on; where the servers hold anything else, nothing is done. Afterwards both logs are read again and compared, event by event.
 * @throws {NotTried} where it cannot begin
 */
export async function migrate(data: string | undefined, onProgress: (what: string, done: number, share: number) => void): Promise<Migration> {
  const { source: from, target: to } = configs(data);
  const source = await openStores(from, systemClock);
  try {
    const target = await openStores(to, systemClock);
    try {
      const { keys, erased, secrets } = await copyKeys(source, target);
      const positions = await copyLog(source, target, (done, share) => onProgress('events copied', done, share));
      const state = await copyState(source.operational, target.operational, positions);
      const pictures = await copyPictures(join(from.data, 'avatars'), source.avatars, target.avatars);
      const log = await tallyOf(source.events, (done) => onProgress('events counted here', done, done / (positions.events || 1)));
      const there = await tallyOf(target.events, (done) => onProgress('events counted there', done, done / (positions.events || 1)));
      return { log, keys, erased, secrets, state, pictures, problems: [...differences(log, there), ...(await missingKeys(source, target))] };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function configs(data: string | undefined): { readonly source: Config; readonly target: Config } {
  const { EVENTSTORE_URL, MONGODB_URL, ...rest } = process.env;
  if (!EVENTSTORE_URL || !MONGODB_URL) throw new NotTried('set EVENTSTORE_URL and MONGODB_URL to the servers that everything is to be copied to');
  const env: NodeJS.ProcessEnv = { ...rest, ...(data === undefined ? {} : { ROLEBOOK_DATA: data }) };
  const source = readConfig(env);
  const file = join(source.data, 'master.key');
  if (!existsSync(join(source.data, 'events.db'))) throw new NotTried(`there is no installation in ${source.data}: name its data folder with --data`);
  const masterKey = source.masterKey ?? readFileSync(file, 'utf8').trim();
  // The setup token belongs to the service, and none is made here.
  const target = readConfig({ ...env, EVENTSTORE_URL, MONGODB_URL, ROLEBOOK_MASTER_KEY: masterKey, ROLEBOOK_SETUP_TOKEN: env.ROLEBOOK_SETUP_TOKEN ?? 'not needed for this' });
  return { source, target };
}

/** Keys first, as always: no event is anywhere without its key. They stay wrapped by the same master key. */
async function copyKeys({ keys: from }: Stores, { keys: to }: Stores): Promise<{ keys: number; erased: number; secrets: number }> {
  const secrets = await from.secretNames();
  for (const name of secrets) {
    const secret = await from.getSecret(name);
    if (secret) await to.putSecret(name, secret);
  }
  let keys = 0;
  for await (const page of keyPages(from)) {
    for (const { subject, wrapped } of page) await to.putIfAbsent(subject, wrapped);
    keys += page.length;
  }
  const erased = await from.destroyed();
  for (const { subject, at } of erased) await to.destroy(subject, at);
  return { keys, erased: erased.length, secrets: secrets.length };
}

async function* keyPages(keys: Stores['keys']): AsyncGenerator<readonly { readonly subject: string; readonly wrapped: Uint8Array }[], void, void> {
  for (let afterSubject: string | undefined; ;) {
    const page = await keys.scan({ limit: PAGE, ...(afterSubject === undefined ? {} : { afterSubject }) });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    afterSubject = last.subject;
  }
}

async function missingKeys({ keys: from }: Stores, { keys: to }: Stores): Promise<string[]> {
  const problems: string[] = [];
  for await (const page of keyPages(from)) {
    const there = await to.getMany(page.map(({ subject }) => subject));
    for (const { subject, wrapped } of page) {
      const stored = there.get(subject);
      if (!stored || !('wrapped' in stored) || !Buffer.from(stored.wrapped).equals(wrapped)) problems.push(`the key of ${subject} is not there as it was here`);
    }
  }
  for (const name of await from.secretNames()) {
    const [here, there] = [await from.getSecret(name), await to.getSecret(name)];
    if (!here || !there || !Buffer.from(here).equals(there)) problems.push(`the secret ${name} is not there as it was here`);
  }
  return problems;
}

/** Where the followers' positions stand in the other log. */
interface Copied {
  readonly events: number;
  /** By position here: the position there of the last event up to it. */
  readonly at: ReadonlyMap<number, number>;
}

/** One append for each event, in order: so both logs have one order. What an interrupted run has copied is held against what is here. */
async function copyLog({ events: from, operational }: Stores, { events: to }: Stores, onProgress: (done: number, share: number) => void): Promise<Copied> {
  const asked = await Promise.all(FOLLOWERS.map(async (bucket) => (await operational.get(bucket, 'checkpoint'))?.value));
  const at = new Map<number, number>(asked.flatMap((position) => (typeof position === 'number' ? [[position, 0] as const] : [])));
  const reached = (here: number, there: number): void => {
    for (const position of at.keys()) if (here <= position) at.set(position, there);
  };
  const head = await from.head();
  const copied = pagesOf(to);
  let before: LoggedEvent[] = [];
  const nextCopied = async (): Promise<LoggedEvent | undefined> => {
    if (before.length === 0) before = [...((await copied.next()).value ?? [])];
    return before.shift();
  };
  let events = 0;
  for await (const page of pagesOf(from)) {
    for (const event of page) {
      const there = await nextCopied();
      if (there && (there.id !== event.id || there.stream !== event.stream)) throw new NotTried(`the log there holds another event (${there.id} in ${there.stream}) where ${event.id} would go: name an empty EventStoreDB`);
      const { position } = there ?? (await to.append(event.stream, event.revision === 0 ? 'no-stream' : event.revision - 1, [{ ...event, metadata: importedMetadata(event.recordedAt, event.metadata) }]));
      reached(event.position, position);
      events++;
    }
    onProgress(events, page.at(-1)!.position / head);
  }
  if (await nextCopied()) throw new NotTried('the log there holds more events than the one here: name an empty EventStoreDB');
  return { events, at };
}

async function copyState(from: OperationalStore, to: OperationalStore, { at }: Copied): Promise<number> {
  let done = 0;
  for (const [bucket, keptMs] of Object.entries(STATE)) {
    const expiresAt = systemClock.now() + keptMs;
    for (let afterKey: string | undefined; ;) {
      const page = await from.scan(bucket, { limit: PAGE, ...(afterKey === undefined ? {} : { afterKey }) });
      const last = page.at(-1);
      if (!last) break;
      await to.putMany(bucket, page.map(({ key, value }) => ({ key, value, expiresAt })));
      done += page.length;
      afterKey = last.key;
    }
  }
  for (const bucket of FOLLOWERS) {
    const here = (await from.get(bucket, 'checkpoint'))?.value;
    if (typeof here !== 'number') continue;
    await to.putMany(bucket, [{ key: 'checkpoint', value: at.get(here) ?? 0, expiresAt: null }]);
    done++;
  }
  return done;
}
