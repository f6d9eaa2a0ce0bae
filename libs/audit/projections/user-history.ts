import { effectivePermissions, MODULES, type Level, type Module } from '@rolebook/access';
import { isDeepStrictEqual } from 'node:util';
import type { Collection, DocumentStore, DocumentWrite } from '@rolebook/document-store';
import { ERASED_NAME, type CollectionSpec, type Document, type Recorded } from '@rolebook/kernel';
import type { Delivery, Parking, ParkedStream, ReadModel } from '@rolebook/projecting';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { forkOf, NEVER } from './validity';

/** A user as they were from one event to the next. */
export interface UserVersion extends UserDocument {
  /** The user's id for the version in force; `<user>/<from>` for those before. */
  readonly id: string;
  readonly userId: string;
  /** Position of the event that made it so. */
  readonly from: number;
  /** Position of the event that ended it; {@link NEVER} while it is in force. */
  readonly to: number;
  /** What it is found by when asked for a moment, see `validity.ts`. */
  readonly fork: number;
  /** What it permits, see {@link profileOf}. */
  readonly profile: string;
  /**
   * The words that a search finds it by; none where the version after it has the same. So whatever a version's words are, it or one after it
   * is found by all of them, and a change that leaves the name alone moves no posting.
   */
  readonly foundBy: readonly string[];
}

/** A way in which permissions are set in a business, or once were: there are few, however many users. */
export interface AccessProfile extends Document {
  /** `<business>/<profile>`. */
  readonly id: string;
  readonly businessId: string;
  readonly profile: string;
}

export const userHistory: CollectionSpec = {
  name: 'user-history-2',
  indexes: [
    ['userId', 'from'],
    ['businessId', 'status', 'role', 'hasTwoFactor', 'sortName'],
    ['businessId', 'status', 'role', 'hasTwoFactor', 'createdAt'],
    ['businessId', 'status', 'fork', 'from'],
    ['businessId', 'status', 'fork', 'to'],
    ['businessId', 'status', 'profile', 'sortName'],
  ],
  words: { field: 'foundBy', within: ['businessId'], sorts: ['createdAt'] },
};
export const accessProfiles: CollectionSpec = { name: 'access-profiles-1', indexes: [['businessId']] };

/** A sign-in changes when a person was last seen and nothing else; the audit log knows it, and no version is made of it. */
const HANDLED: ReadonlySet<string> = new Set([...userDirectory.handles].filter((type) => type !== 'SessionStarted'));

const PAGE = 500;

/** Every version of every user. A version once ended never changes, but that an erased person's are stripped of what was theirs. */
export class UserHistoryReadModel implements ReadModel {
  readonly name = userHistory.name;
  readonly checkpointIn = userHistory;
  readonly rebuild = { handles: HANDLED, looksAtSealed: true, writtenOnce: [] };
  readonly inBackground = true;
  private versions!: Collection<UserVersion>;
  private profiles!: Collection<AccessProfile>;
  private readonly knownProfiles = new Set<string>();

  async open(documents: Pick<DocumentStore, 'open'>): Promise<number> {
    this.knownProfiles.clear();
    this.versions = await documents.open<UserVersion>(userHistory);
    this.profiles = await documents.open<AccessProfile>(accessProfiles);
    return this.versions.checkpoint();
  }

  async apply(deliveries: readonly Delivery[], checkpoint: number, parking: Parking): Promise<void> {
    const batch = new Batch(deliveries, parking);
    batch.seed(await this.versions.getMany(batch.userIds()));
    batch.run();
    if (batch.parked.length > 0) await parking.park(batch.parked);
    // Of versions that began and ended in this very batch too: a moment between may be asked for.
    await this.writeProfiles([...batch.ended, ...batch.inForce.values()]);
    for (const [userId, position] of batch.erased) batch.ended.push(...(await this.stripped(userId, position)));
    // The ended ones first: the one in force says that all before it are there.
    if (batch.ended.length > 0) await this.versions.write(batch.ended);
    await this.versions.write([...batch.inForce.values()], checkpoint);
  }

  private async stripped(userId: string, position: number): Promise<DocumentWrite<UserVersion>[]> {
    const writes: DocumentWrite<UserVersion>[] = [];
    for (let after = -1; ;) {
      const page = await this.versions.find({ where: { userId }, sort: { field: 'from', direction: 'asc' }, range: { gt: after }, limit: PAGE });
      for (const version of page) if (version.to !== NEVER) writes.push({ id: version.id, document: strip(version), position });
      const last = page.at(-1);
      if (!last || page.length < PAGE) return writes;
      after = last.from;
    }
  }

  private async writeProfiles(changed: readonly DocumentWrite<UserVersion>[]): Promise<void> {
    const made = new Map<string, AccessProfile>();
    for (const { document } of changed) {
      if (document === null) continue;
      const { businessId, profile } = document;
      const id = `${businessId}/${profile}`;
      if (!this.knownProfiles.has(id)) made.set(id, { id, businessId, profile });
    }
    if (made.size === 0) return;
    await this.profiles.write([...made.values()].map((document) => ({ id: document.id, document, position: 1 })));
    if (this.knownProfiles.size > 100_000) this.knownProfiles.clear();
    for (const id of made.keys()) this.knownProfiles.add(id);
  }
}

/** Folds a batch of events into the versions that they begin and end. */
class Batch {
  readonly parked: ParkedStream[] = [];
  readonly ended: DocumentWrite<UserVersion>[] = [];
  readonly inForce = new Map<string, DocumentWrite<UserVersion>>();
  /** Who was erased, and at which position. */
  readonly erased = new Map<string, number>();
  private readonly before = new Map<string, DocumentWrite<UserVersion>>();
  private readonly events: Recorded[] = [];

  constructor(deliveries: readonly Delivery[], private readonly parking: Pick<Parking, 'at'>) {
    for (const { stored, recorded } of deliveries) {
      if (!HANDLED.has(stored.type) && (recorded instanceof Error || !HANDLED.has(recorded.event.type))) continue;
      if (this.isParked(stored)) continue;
      if (recorded instanceof Error) this.parked.push({ stream: stored.stream, position: stored.position, error: recorded.message });
      else this.events.push(recorded);
    }
  }

  userIds(): string[] {
    return [...new Set(this.events.map(userOf))];
  }

  seed(stored: readonly DocumentWrite<UserVersion>[]): void {
    for (const write of stored) this.before.set(write.id, write);
  }

  run(): void {
    for (const recorded of this.events) {
      const userId = userOf(recorded);
      const current = this.inForce.get(userId) ?? this.before.get(userId) ?? null;
      if (current && recorded.position <= current.position) continue;
      const before = current && current.document;
      const user = userDirectory.evolve(before && asUser(before), recorded as Recorded<never>, userId);
      const now = user && inForceFrom(user, recorded.position);
      if (before) this.ended.push({ id: `${userId}/${before.from}`, document: endedAt(before, recorded.position, now), position: recorded.position });
      this.inForce.set(userId, { id: userId, document: now, position: recorded.position });
      if (recorded.event.type === 'UserErased') this.strip(userId, recorded.position);
    }
  }

  private strip(userId: string, position: number): void {
    this.erased.set(userId, position);
    this.ended.forEach((write, n) => {
      if (write.document?.userId === userId) this.ended[n] = { id: write.id, document: strip(write.document), position };
    });
  }

  private isParked({ stream, position }: { readonly stream: string; readonly position: number }): boolean {
    const at = this.parked.find((parked) => parked.stream === stream)?.position ?? this.parking.at(stream);
    return at !== undefined && position >= at;
  }
}

function userOf({ event }: Recorded): string {
  return event.data.userId as string;
}

function inForceFrom(user: UserDocument, from: number): UserVersion {
  const found = withoutErasedWords(user);
  // Not as a spread with further fields: versions are to be of one shape, and their fields in this order.
  return Object.assign({}, found, { userId: user.id, from, to: NEVER, fork: forkOf(from, NEVER), profile: profileOf(user), foundBy: found.words });
}

function endedAt(version: UserVersion, to: number, next: UserVersion | null): UserVersion {
  const foundBy = next !== null && isDeepStrictEqual(version.words, next.words) ? [] : version.words;
  return { ...version, id: `${version.userId}/${version.from}`, to, fork: forkOf(version.from, to), foundBy };
}

/** The user that a version is of, as they were. */
export function asUser({ from: _from, to: _to, fork: _fork, profile: _profile, foundBy: _foundBy, userId, ...user }: UserVersion): UserDocument {
  return { ...user, id: userId };
}

/** A version without what was the person's. */
function strip(version: UserVersion): UserVersion {
  return { ...version, email: '', displayName: ERASED_NAME, sortName: ERASED_NAME.toLowerCase(), words: [], foundBy: [], phone: null, avatar: null };
}

/** Nobody is found by the name that stands in place of an erased one. */
function withoutErasedWords(user: UserDocument): UserDocument {
  return user.email === '' ? { ...user, words: [] } : user;
}

/** Role and overrides as a text, the same for the same: `crew`, or `crew jobs:manage settings:read`. */
function profileOf({ role, overrides }: Pick<UserDocument, 'role' | 'overrides'>): string {
  return [role, ...MODULES.flatMap((module) => (overrides[module] === undefined ? [] : [`${module}:${overrides[module]}`]))].join(' ');
}

/** The level that a profile gives on a module. */
export function levelIn(profile: string, module: Module): Level {
  const [role, ...overrides] = profile.split(' ');
  const set = Object.fromEntries(overrides.map((override) => override.split(':') as [Module, Level]));
  return effectivePermissions(role as UserDocument['role'], set)[module];
}
