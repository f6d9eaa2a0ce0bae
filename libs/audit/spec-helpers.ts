import { streamNames, type Level, type Module, type Role, type TwoFactorPolicy } from '@rolebook/access';
import { BusinessQueries, businesses, type BusinessDocument } from '@rolebook/businesses/read';
import { createSubjectKeys, type SubjectKeys } from '@rolebook/crypto';
import { createMasterKey } from '@rolebook/crypto/master-key';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import type { Collection } from '@rolebook/document-store';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import { EventCodec } from '@rolebook/event-sourcing';
import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { allEvents, definitionOf } from '@rolebook/installation/foundation';
import { uuidv7, type Clock, type DomainEvent } from '@rolebook/kernel';
import { DocumentReadModel, type Delivery, type Parking, type ReadModel } from '@rolebook/projecting';
import { userDirectory, UserQueries, type UserDocument } from '@rolebook/users/read';
import { accessProfiles, userHistory, UserHistoryReadModel, type AccessProfile, type UserVersion } from './projections/user-history';
import { auditLog, AuditReadModel, type AuditDocument } from './projections/audit-log';
import { AccessQueries } from './queries/access.queries';
import { AuditEntries } from './queries/audit-entries';
import { AuditQueries } from './queries/audit.queries';
import { PastFacts } from './queries/past-facts';
import { UserHistories } from './queries/user-histories.queries';
import { UsersAt } from './queries/users-at.queries';
import { Versions } from './queries/versions';

export const BIZ = '0193e2b0-7c1a-7000-8000-00000000000b';
const BEGIN = Date.UTC(2026, 0, 1);
/** For what is never parked. */
export const NO_PARKING: Parking = { at: () => undefined, park: (streams) => { throw new Error(`parked: ${JSON.stringify(streams)}`); } };
const ACTIONS = [...new Set(allEvents.flatMap(({ definitions }) => Object.values<{ readonly action: string }>(definitions).map(({ action }) => action)))].concat('unknown');

/** Something that happens to the n-th user of the world, or to its policy. */
export type Deed =
  | { readonly deed: 'invite'; readonly name: string | null; readonly role: Role; readonly lasts: number }
  | { readonly deed: 'accept' | 'rename'; readonly name: string }
  | { readonly deed: 'role'; readonly role: Role }
  | { readonly deed: 'override'; readonly module: Module; readonly level: Level | null }
  | { readonly deed: 'policy'; readonly policy: TwoFactorPolicy }
  | { readonly deed: 'withdraw' | 'resend' | 'deactivate' | 'reactivate' | 'two-factor-on' | 'two-factor-off' | 'sign-in' | 'erase' };

/** A business in memory whose log, read models and clock a spec drives by hand. */
export class World implements Clock {
  time = BEGIN;
  readonly log = new InMemoryEventStore(this);
  readonly documents = new InMemoryDocumentStore();
  readonly keys: SubjectKeys = createSubjectKeys({ store: createMemoryKeyStore(), masterKey: createMasterKey(Buffer.alloc(32, 1)), cacheSize: 1_000 });
  readonly codec = new EventCodec(this.keys, allEvents);
  readonly models: readonly ReadModel[] = [new DocumentReadModel(userDirectory), new DocumentReadModel(businesses), new AuditReadModel(definitionOf), new UserHistoryReadModel()];
  private readonly levels = new Map<string, Partial<Record<Module, Level>>>();
  private position = 0;
  private counter = 0;
  users!: UserQueries;
  audit!: AuditQueries;
  versions!: Collection<UserVersion>;
  private profiles!: Collection<AccessProfile>;

  static async make(): Promise<World> {
    const world = new World();
    for (const model of world.models) await model.open(world.documents);
    world.users = new UserQueries(await world.documents.open<UserDocument>(userDirectory.collection), new BusinessQueries(await world.documents.open<BusinessDocument>(businesses.collection)));
    const entries = new AuditEntries(world.log, world.codec, (businessId, ids) => world.users.names(businessId, ids));
    world.audit = new AuditQueries(await world.documents.open<AuditDocument>(auditLog), entries, ACTIONS);
    world.versions = await world.documents.open<UserVersion>(userHistory);
    world.profiles = await world.documents.open<AccessProfile>(accessProfiles);
    await world.append(streamNames.business(BIZ), { type: 'BusinessCreated', data: { businessId: BIZ, name: 'Siam Rentals', slug: 'siam' } });
    return world;
  }

  now(): number { return this.time; }
  get at(): string { return new Date(this.time).toISOString(); }

  /** Time travel. @param few where all are read and sorted, see `Versions` */
  past(few?: number): { readonly users: UsersAt; readonly access: AccessQueries; readonly histories: UserHistories } {
    const facts = new PastFacts(this.audit, this.log, this.codec);
    const versions = new Versions(this.versions, few);
    const users = new UsersAt(versions, facts, this.users);
    return { users, access: new AccessQueries(versions, this.profiles, facts, this.users), histories: new UserHistories(this.audit, users) };
  }

  userId(n: number): string {
    return uuidv7(BEGIN + n, new Uint8Array(10).fill(n));
  }

  /** The whole log, as the projecting loop would deliver it now. */
  async deliveries(): Promise<Delivery[]> {
    const stored = await this.log.readAll({ after: 0, limit: 100_000 });
    const recorded = await this.codec.decodeEach(stored);
    return stored.map((event, n) => ({ stored: event, recorded: recorded[n]! }));
  }

  /** Does it, has the read models follow, and lets time pass. */
  async do(n: number, deed: Deed, passes = 1): Promise<void> {
    this.time += passes;
    const userId = this.userId(n);
    if (deed.deed === 'policy') return this.append(streamNames.business(BIZ), { type: 'TwoFactorPolicyChanged', data: { from: 'off', to: deed.policy } });
    // Everybody's history begins with an invitation, and has one.
    if (!this.levels.has(userId)) await this.happens(userId, { deed: 'invite', name: null, role: 'crew', lasts: 30, ...(deed.deed === 'invite' && deed) });
    if (deed.deed !== 'invite') await this.happens(userId, deed);
  }

  private async happens(userId: string, deed: Exclude<Deed, { deed: 'policy' }>): Promise<void> {
    const { stream, event } = this.event(userId, deed);
    await this.append(stream, event);
  }

  private event(userId: string, deed: Exclude<Deed, { deed: 'policy' }>): { stream: string; event: DomainEvent } {
    const ofUser = (type: string, data: object = {}) => ({ stream: streamNames.user(BIZ, userId), event: { type, data: { userId, ...data } } });
    const ofTwoFactor = (type: string, data: object) => ({ stream: streamNames.twoFactor(BIZ, userId), event: { type, data: { userId, ...data } } });
    const expiresAt = (ms: number) => new Date(this.time + ms).toISOString();
    switch (deed.deed) {
      case 'invite':
        this.levels.set(userId, {});
        return ofUser('UserInvited', { email: `${userId.slice(0, 13)}@siam.example`, displayName: deed.name, locale: 'en', role: deed.role, overrides: {}, generation: 1, expiresAt: expiresAt(deed.lasts) });
      case 'resend': return ofUser('InvitationResent', { generation: 2, expiresAt: expiresAt(20) });
      case 'withdraw': return ofUser('InvitationWithdrawn');
      case 'accept': return ofUser('InvitationAccepted', { displayName: deed.name, phone: '+66812345678', passwordHash: 'x', previousName: null });
      case 'rename': return ofUser('ProfileEdited', { from: {}, to: { displayName: deed.name } });
      case 'role': {
        const removedOverrides = this.levels.get(userId) ?? {};
        this.levels.set(userId, {});
        return ofUser('RoleChanged', { from: 'crew', to: deed.role, removedOverrides, reason: null });
      }
      case 'override': {
        const { [deed.module]: from = 'none', ...rest } = this.levels.get(userId) ?? {};
        this.levels.set(userId, deed.level === null ? rest : { ...rest, [deed.module]: deed.level });
        return ofUser(deed.level === null ? 'PermissionOverrideRemoved' : 'PermissionOverridden', { module: deed.module, from, to: deed.level ?? 'none', reason: null });
      }
      case 'deactivate': return ofUser('UserDeactivated', { reason: null });
      case 'reactivate': return ofUser('UserReactivated', { reason: null });
      case 'erase': return ofUser('UserErased');
      case 'two-factor-on': return ofTwoFactor('TwoFactorEnabled', { step: 1, recoveryCodes: [] });
      case 'two-factor-off': return ofTwoFactor('TwoFactorDisabled', { step: 2 });
      case 'sign-in': return { stream: streamNames.session(BIZ, userId), event: { type: 'SessionStarted', data: { sessionId: userId, userId, epoch: 0, expiresAt: expiresAt(1_000), method: 'password' } } };
    }
  }

  private async append(stream: string, event: DomainEvent): Promise<void> {
    const id = uuidv7(this.time, new Uint8Array(10).map((_, i) => (this.counter >> (8 * (i % 4))) & 0xff));
    this.counter++;
    const metadata = { businessId: BIZ, actor: { type: 'user', id: this.userId(0) }, commandId: id, requestId: null, sessionId: null, ip: '203.0.113.7', device: 'Chrome on macOS' } as const;
    await this.log.append(stream, 'any', await this.codec.encode([{ id, event }], metadata));
    await this.follow();
  }

  private async follow(): Promise<void> {
    const stored = await this.log.readAll({ after: this.position, limit: 1_000 });
    const recorded = await this.codec.decodeEach(stored);
    this.position = stored.at(-1)?.position ?? this.position;
    for (const model of this.models) await model.apply(stored.map((event, n) => ({ stored: event, recorded: recorded[n]! })), this.position, NO_PARKING);
  }
}

