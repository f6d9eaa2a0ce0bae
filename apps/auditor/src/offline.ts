import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BusinessDocument } from '@rolebook/businesses/read';
import type { Foundation } from '@rolebook/installation';
import { NotTried } from './command';

/** Options of every command that works on an installation's data. */
export const DATA_OPTIONS = {
  data: { type: 'string', value: 'FOLDER', help: 'the data folder; by default ROLEBOOK_DATA, or ./data.\nWhere EVENTSTORE_URL and MONGODB_URL are set, those servers are read, with ROLEBOOK_MASTER_KEY' },
} as const;

export const BUSINESS_OPTIONS = {
  ...DATA_OPTIONS,
  business: { type: 'string', value: 'SLUG', help: 'which business, by its short name or id; needed once there are two' },
} as const;

export const AT_OPTION = { type: 'string', value: 'TIME', help: 'as of this moment, such as 2026-11-24T09:30:00.000Z; by default now' } as const;

/** Opens the installation, works on it and closes it. @throws {NotTried} where it cannot be opened */
export async function onInstallation<T>({ data }: { readonly data: string | undefined }, work: (foundation: Foundation) => Promise<T>): Promise<T> {
  // Heavy, and not needed for --help.
  const { ConfigError, makeObjectsYoung, openFoundation, readConfig } = await import('@rolebook/installation/index.js');
  const { systemClock } = await import('@rolebook/kernel/index.js');
  makeObjectsYoung();
  let foundation: Foundation;
  try {
    const config = readConfig({ ...process.env, ...(data === undefined ? {} : { ROLEBOOK_DATA: data }) });
    if (config.eventStoreUrl === null && !existsSync(join(config.data, 'events.db'))) throw new NotTried(`there is no installation in ${config.data}: name its data folder with --data`);
    foundation = await openFoundation(config, systemClock);
  } catch (error) {
    if (error instanceof NotTried) throw error;
    if (error instanceof ConfigError || (error instanceof Error && error.name === 'MasterKeyError')) throw new NotTried(error.message);
    throw error;
  }
  try {
    return await work(foundation);
  } finally {
    await foundation.stores.close();
  }
}

/** The business that is meant, from the log. @throws {NotTried} where it is not clear which */
export function chosenBusiness(businesses: ReadonlyMap<string, BusinessDocument>, asked: string | undefined): BusinessDocument {
  const all = [...businesses.values()];
  const slugs = all.map(({ slug }) => slug).sort().join(', ');
  if (asked !== undefined) {
    const found = all.find(({ id, slug }) => id === asked || slug === asked);
    if (!found) throw new NotTried(`there is no business "${asked}"; there are: ${slugs || 'none'}`);
    return found;
  }
  const [only, another] = all;
  if (!only) throw new NotTried('there is no business at that moment');
  if (another) throw new NotTried(`there are several businesses: choose with --business, of ${slugs}`);
  return only;
}

/** A moment as given, in UTC with milliseconds. @throws {NotTried} */
export function momentGiven(at: string | undefined): string | null {
  if (at === undefined) return null;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(at) ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(time)) throw new NotTried(`--at ${at} is no time: write it like 2026-11-24T09:30:00.000Z`);
  if (time > Date.now()) throw new NotTried(`--at ${at} lies in the future`);
  return new Date(time).toISOString();
}

/** A small file as text. @throws {NotTried} where it cannot be read */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new NotTried(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message}`);
  }
}
