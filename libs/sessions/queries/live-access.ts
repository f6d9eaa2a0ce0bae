import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { effectivePermissions, settingsLevel, streamNames, twoFactorRequired, type Overrides, type Permissions, type Role } from '@rolebook/access';
import { businessStream } from '@rolebook/businesses/read';
import { Streams } from '@rolebook/event-sourcing';
import { Dependents } from '@rolebook/kernel';
import { twoFactorStream } from '@rolebook/two-factor/read';
import { sessionStands, userStream } from '@rolebook/users/read';
import { sessionStream } from '../domain/state';

/** Somebody with a live session, and what they may do, as of now. */
export interface Principal {
  readonly businessId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly overrides: Overrides;
  readonly permissions: Permissions;
  /** Two-factor is required of this person and missing: nothing but enrolling is allowed. */
  readonly mustEnrol: boolean;
  readonly hasTwoFactor: boolean;
}

interface Entry {
  readonly principal: Principal | null;
  /** The session's own end, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What an access token says of its bearer. */
interface Claims {
  readonly businessId: string;
  readonly userId: string;
  readonly sessionId: string;
}

/** The streams that a session hangs on: its own, its user's, their second factor's, the business's. */
type Names = readonly [string, string, string, string];

function namesOf({ businessId, userId, sessionId }: Claims): Names {
  return [streamNames.session(businessId, sessionId), streamNames.user(businessId, userId), streamNames.twoFactor(businessId, userId), streamNames.business(businessId)];
}

interface Load {
  readonly names: readonly string[];
  stale: boolean;
}

/** About a second's worth of appends, at the fastest. */
const OWN_EVENTS = 50_000;

/** Events that change nothing about who is let in. */
const HARMLESS: ReadonlySet<string> = new Set(['SessionRefreshed', 'ProfileEdited', 'AvatarChanged', 'PasswordResetRequested', 'TwoFactorCodeAccepted', 'TwoFactorCodeRefused',
  'TwoFactorEnrolmentStarted', 'RecoveryCodeUsed', 'RecoveryCodesReplaced', 'SuperAdminListed', 'SuperAdminWithdrawn', 'SuperAdminConfirmed']);

/**
 * Live sessions and authority in memory, so that a request needs no I/O. Loaded from the streams at first use, dropped by the next event
 * that touches them: at once for what this node appends, by subscription for what other nodes do. Bounded; what falls out is loaded again.
 */
@Injectable()
export class LiveAccess {
  private readonly entries: LRUCache<string, Entry>;
  /** Which entries hang on a stream. */
  private readonly dependents = new Dependents();
  /** Ids of events appended here that the subscription has not brought back yet. One that it brought back first stays until it falls out. */
  private readonly ownEvents = new LRUCache<string, true>({ max: OWN_EVENTS });
  /** What is being loaded; what an event may have made stale meanwhile is not kept. */
  private readonly loads = new Set<Load>();
  private suspended = false;
  /** By `performance.now()`: a clock that nobody sets. */
  private trustedUntil = Infinity;

  constructor(private readonly streams: Streams, options: { readonly sessions?: number } = {}) {
    this.entries = new LRUCache({ max: options.sessions ?? 150_000, dispose: ({ principal }, sessionId) => this.unlink(principal, sessionId) });
    streams.onAppended((appended) => {
      for (const { id, stream, event } of appended) {
        this.ownEvents.set(id, true);
        this.changed(stream, event.type);
      }
    });
  }

  /** Who holds this session, if that is in memory; `undefined` asks for {@link load}. `null`: the session has ended. */
  peek(sessionId: string, now: number): Principal | null | undefined {
    if (performance.now() > this.trustedUntil) return undefined;
    const entry = this.entries.get(sessionId);
    if (!entry) return undefined;
    return entry.expiresAt > now ? entry.principal : null;
  }

  /**
   * As {@link peek}, for somebody who is about to change something. Where other nodes append, memory may be behind for as long as it is
   * believed: long enough to look, not to act. Then only the streams will do.
   */
  peekForChange(sessionId: string, now: number): Principal | null | undefined {
    return this.trustedUntil === Infinity ? this.peek(sessionId, now) : undefined;
  }

  /** Who holds this session, from the streams; `null` where it is over, or never was. */
  async load(claims: Claims, now: number): Promise<Principal | null> {
    const names = namesOf(claims);
    const load: Load = { names, stale: this.suspended };
    this.loads.add(load);
    try {
      const entry = await this.read(claims, names);
      if (!load.stale && entry.principal) this.remember(claims.sessionId, names, entry);
      return entry.expiresAt > now ? entry.principal : null;
    } finally {
      this.loads.delete(load);
    }
  }

  /** To be told of what the log brings: what this node appended itself is known already. */
  delivered(events: readonly { readonly id: string; readonly stream: string; readonly type: string }[]): void {
    for (const { id, stream, type } of events) if (!this.ownEvents.delete(id)) this.changed(stream, type);
  }

  /** To be told of every event of the log, in whatever order, once or more: drops what it may have made stale. */
  changed(stream: string, type: string): void {
    if (HARMLESS.has(type)) return;
    for (const load of this.loads) if (load.names.includes(stream)) load.stale = true;
    for (const sessionId of this.dependents.of(stream)) this.entries.delete(sessionId);
  }

  /** Nobody tells of other nodes' events for now: everything is forgotten, and nothing remembered until {@link resume}. */
  suspend(): void {
    this.suspended = true;
    for (const load of this.loads) load.stale = true;
    this.entries.clear();
  }

  resume(): void {
    this.suspended = false;
  }

  /**
   * What is in memory holds good until then (by `performance.now()`), and not from then on until this is called again: every event that
   * could have spoilt it has been told of. Never called: for ever, as where nobody else appends.
   */
  trustUntil(moment: number): void {
    this.trustedUntil = moment;
  }

  /** Whether requests are answered from memory at the moment. */
  get trusted(): boolean { return !this.suspended && performance.now() <= this.trustedUntil; }

  /** How many live sessions are in memory. */
  get size(): number { return this.entries.size; }

  private async read({ businessId, userId, sessionId }: Claims, names: Names): Promise<Entry> {
    const [{ state: session }, { state: user }, { state: twoFactor }, { state: business }] = await Promise.all([
      this.streams.glance(sessionStream, names[0]), this.streams.glance(userStream, names[1]), this.streams.glance(twoFactorStream, names[2]), this.streams.load(businessStream, names[3]),
    ]);
    const stands = session.id === sessionId && session.userId === userId && !session.ended && sessionStands(user, { id: sessionId, epoch: session.epoch }) && session.twoFactorEpoch === twoFactor.epoch;
    const principal: Principal | null = !stands ? null : {
      businessId, userId, sessionId, role: user.role, overrides: user.overrides, permissions: effectivePermissions(user.role, user.overrides),
      hasTwoFactor: twoFactor.enabled, mustEnrol: !twoFactor.enabled && twoFactorRequired(business.twoFactorPolicy, settingsLevel(user)),
    };
    return { principal, expiresAt: session.id === null ? 0 : Date.parse(session.expiresAt) };
  }

  private remember(sessionId: string, names: readonly string[], entry: Entry): void {
    this.entries.delete(sessionId);
    for (const name of names) this.dependents.add(name, sessionId);
    this.entries.set(sessionId, entry);
  }

  private unlink(principal: Principal | null, sessionId: string): void {
    if (principal) for (const name of namesOf(principal)) this.dependents.delete(name, sessionId);
  }
}
