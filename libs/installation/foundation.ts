import { auditEvents } from '@rolebook/audit/events';
import { businessEvents, slugEvents } from '@rolebook/businesses/events';
import { createSubjectKeys, type SubjectKeys } from '@rolebook/crypto';
import { EventCodec, Streams } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import { sessionEvents, signInEvents } from '@rolebook/sessions/events';
import { twoFactorEvents } from '@rolebook/two-factor/events';
import { emailReservationEvents, userEvents } from '@rolebook/users/events';
import type { Config } from './config';
import { openStores, type Stores } from './stores';

/** The events of all features: what this version of the service can read and write. */
export const allEvents = [userEvents, emailReservationEvents, businessEvents, slugEvents, sessionEvents, signInEvents, twoFactorEvents, auditEvents].map((definitions) => ({ definitions }));

const definitions: ReadonlyMap<string, { readonly action: string; readonly user: string | null }> = new Map(allEvents.flatMap((feature) => Object.entries(feature.definitions)));

/** How an event type reads in the audit log; `undefined` for one that this version does not know. */
export const definitionOf = (type: string) => definitions.get(type);

/** Of each of two generations: some 10 MB. One that is not at hand costs a look into the key store; an export of everybody's history passes through all. */
const KEYS_AT_HAND = 20_000;

/** What the api, the projector and the auditor all stand on: the stores, and the way from their bytes to events. */
export interface Foundation {
  readonly config: Config;
  readonly clock: Clock;
  readonly stores: Stores;
  readonly subjectKeys: SubjectKeys;
  readonly codec: EventCodec;
  readonly streams: Streams;
}

/** @throws {MasterKeyError} and the stores' own errors, each a sentence that says what to do */
export async function openFoundation(config: Config, clock: Clock): Promise<Foundation> {
  const stores = await openStores(config, clock);
  const subjectKeys = createSubjectKeys({ store: stores.keys, masterKey: stores.masterKey, cacheSize: KEYS_AT_HAND });
  const codec = new EventCodec(subjectKeys, allEvents);
  return { config, clock, stores, subjectKeys, codec, streams: new Streams(stores.events, codec) };
}
