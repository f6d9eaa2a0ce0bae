import { streamNames, type Overrides, type Role } from '@rolebook/access';
import { businessEvents, type BusinessEvent } from '@rolebook/businesses/events';
import { businessStream, type BusinessState } from '@rolebook/businesses/read';
import { contextOf, inMemoryWorld, type World } from '@rolebook/event-sourcing/spec-helpers';
import { StoreUnavailable, type EventStore } from '@rolebook/event-store';
import { twoFactorEvents, type TwoFactorEvent } from '@rolebook/two-factor/events';
import { twoFactorStream, type TwoFactorState } from '@rolebook/two-factor/read';
import { userEvents, type UserEvent } from '@rolebook/users/events';
import { userStream, type UserState } from '@rolebook/users/read';
import { sessionEvents, signInEvents, type SessionEvent } from '../domain/events';
import { sessionStream, type SessionState } from '../domain/state';
import { LiveAccess } from './live-access';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const EXPIRES = '2026-03-31T00:00:00.000Z';
const anna = { businessId: 'b1', userId: 'anna', sessionId: 's1' };
const of = { sessionId: 's1', userId: 'anna' };

const started = (sessionId = 's1', userId = 'anna'): SessionEvent => ({
  type: 'SessionStarted', data: { sessionId, userId, epoch: 0, twoFactorEpoch: 0, expiresAt: EXPIRES, method: 'password', newDevice: false },
});
const revoked: SessionEvent = { type: 'SessionRevoked', data: of };
const policy = (to: 'off' | 'admins' | 'everyone'): BusinessEvent => ({ type: 'TwoFactorPolicyChanged', data: { from: 'off', to } });
const roleChanged: UserEvent = { type: 'RoleChanged', data: { userId: 'anna', from: 'sales', to: 'admin', removedOverrides: {}, reason: null } };
const deactivated: UserEvent = { type: 'UserDeactivated', data: { userId: 'anna', reason: null } };

/** One node: its live access, and what it and others append. */
class Node {
  private commands = 0;
  constructor(readonly streams: World['streams'], readonly live = new LiveAccess(streams)) {}

  /** Appends here, or on whichever node it is called. */
  async session(...events: SessionEvent[]): Promise<void> {
    const { sessionId } = events[0]!.data;
    await this.streams.execute<SessionState, SessionEvent>(sessionStream, streamNames.session('b1', sessionId), this.context(), () => events);
  }

  async user(...events: UserEvent[]): Promise<void> {
    await this.streams.execute<UserState, UserEvent>(userStream, streamNames.user('b1', events[0]!.data.userId), this.context(), () => events);
  }

  async twoFactor(...events: TwoFactorEvent[]): Promise<void> {
    await this.streams.execute<TwoFactorState, TwoFactorEvent>(twoFactorStream, streamNames.twoFactor('b1', events[0]!.data.userId), this.context(), () => events);
  }

  async business(...events: BusinessEvent[]): Promise<void> {
    await this.streams.execute<BusinessState, BusinessEvent>(businessStream, streamNames.business('b1'), this.context(), () => events);
  }

  private context() {
    return contextOf({ commandId: `${Math.random()}-${++this.commands}` });
  }
}

const newWorld = () => inMemoryWorld([{ definitions: userEvents }, { definitions: businessEvents }, { definitions: sessionEvents }, { definitions: signInEvents }, { definitions: twoFactorEvents }]);

/** Anna, signed in. */
async function signedIn({ role = 'sales', overrides = {} }: { role?: Role; overrides?: Overrides } = {}): Promise<{ readonly world: World; readonly node: Node }> {
  const world = newWorld();
  const node = new Node(world.streams);
  await node.business({ type: 'BusinessCreated', data: { businessId: 'b1', name: 'Crane & Co', slug: 'crane' } });
  await node.user(
    { type: 'UserInvited', data: { userId: 'anna', email: 'anna@example.com', displayName: null, locale: 'en', role, overrides, generation: 1, expiresAt: EXPIRES } },
    { type: 'InvitationAccepted', data: { userId: 'anna', displayName: 'Anna', phone: null, passwordHash: 'h', previousName: null } },
  );
  await node.session(started());
  return { world, node };
}

/** The whole log, as a subscription of another process would bring it. */
async function deliver({ store }: World, live: LiveAccess, after = 0): Promise<void> {
  live.delivered(await store.readAll({ after, limit: 1000 }));
}

describe('who holds a session', () => {
  it('is read from the streams, and is then in memory', async () => {
    const { node: { live } } = await signedIn({ role: 'crew', overrides: { quotes: 'write' } });
    const principal = {
      ...anna, role: 'crew', overrides: { quotes: 'write' }, mustEnrol: false, hasTwoFactor: false,
      permissions: { customers: 'read', quotes: 'write', jobs: 'write', invoices: 'none', inventory: 'read', settings: 'none' },
    };

    expect(live.peek('s1', NOW)).toBeUndefined();
    expect(await live.load(anna, NOW)).toEqual(principal);
    expect(live.peek('s1', NOW)).toEqual(principal);
    expect(live.size).toBe(1);
  });

  it('is nobody where the token names another user, another business, or a session that never was', async () => {
    const { node: { live } } = await signedIn();

    expect(await live.load({ ...anna, userId: 'bob' }, NOW)).toBeNull();
    expect(await live.load({ ...anna, businessId: 'b2' }, NOW)).toBeNull();
    expect(await live.load({ ...anna, sessionId: 's2' }, NOW)).toBeNull();
    expect(live.size).toBe(0);
  });

  it('is nobody from the session\'s own end on, in memory as in the streams', async () => {
    const { node: { live } } = await signedIn();
    const end = Date.parse(EXPIRES);

    expect(await live.load(anna, end - 1)).not.toBeNull();
    expect(live.peek('s1', end - 1)).not.toBeNull();
    expect(live.peek('s1', end)).toBeNull();
    expect(await live.load(anna, end)).toBeNull();
  });

  it('must enrol a second factor where the policy says so, from that moment on in open sessions too', async () => {
    const { node } = await signedIn({ role: 'admin' });
    expect(await node.live.load(anna, NOW)).toMatchObject({ mustEnrol: false });

    await node.business(policy('admins'));
    expect(node.live.peek('s1', NOW)).toBeUndefined();
    expect(await node.live.load(anna, NOW)).toMatchObject({ mustEnrol: true, hasTwoFactor: false });

    await node.twoFactor({ type: 'TwoFactorEnrolmentStarted', data: { userId: 'anna', secret: 'S' } }, { type: 'TwoFactorEnabled', data: { userId: 'anna', step: 1, recoveryCodes: [] } });
    expect(await node.live.load(anna, NOW)).toMatchObject({ mustEnrol: false, hasTwoFactor: true });
  });
});

describe('a session that ends', () => {
  const endings: [string, (node: Node) => Promise<void>][] = [
    ['signed out', (node) => node.session({ type: 'SignedOut', data: of })],
    ['revoked', (node) => node.session(revoked)],
    ['its refresh token came back', (node) => node.session({ type: 'RefreshTokenReused', data: { ...of, generation: 0 } })],
    ['all sessions revoked', (node) => node.user({ type: 'SessionsRevoked', data: { userId: 'anna', keptSessionId: null, reason: 'revoked' } })],
    ['another session kept', (node) => node.user({ type: 'PasswordChanged', data: { userId: 'anna', passwordHash: 'h', keptSessionId: 's2' } })],
    ['password reset', (node) => node.user({ type: 'PasswordReset', data: { userId: 'anna', passwordHash: 'h', generation: 1 } })],
    ['deactivated', (node) => node.user(deactivated)],
    ['deactivated and reactivated', (node) => node.user(deactivated, { type: 'UserReactivated', data: { userId: 'anna', reason: null } })],
    ['second factor reset', (node) => node.twoFactor({ type: 'TwoFactorReset', data: { userId: 'anna', channel: 'phone', spokeWith: 'Anna', verifiedAt: '2026-03-01T12:00:00.000Z', note: null } })],
    ['erased', (node) => node.user({ type: 'UserErased', data: { userId: 'anna' } })],
  ];

  it.each(endings)('is over on this node at once: %s', async (_how, end) => {
    const { node } = await signedIn();
    await node.live.load(anna, NOW);

    await end(node);
    expect(node.live.peek('s1', NOW)).toBeUndefined();
    expect(await node.live.load(anna, NOW)).toBeNull();
  });

  it.each(endings)('is over on another node once the log tells it: %s', async (_how, end) => {
    const { world, node } = await signedIn();
    const other = new Node(world.node().streams);
    await other.live.load(anna, NOW);
    const before = await world.store.head();

    await end(node);
    expect(other.live.peek('s1', NOW)).not.toBeNull();
    await deliver(world, other.live, before);
    expect(other.live.peek('s1', NOW)).toBeUndefined();
    expect(await other.live.load(anna, NOW)).toBeNull();
  });

  it('leaves the one alone that was kept', async () => {
    const { node } = await signedIn();
    await node.live.load(anna, NOW);
    await node.user({ type: 'PasswordChanged', data: { userId: 'anna', passwordHash: 'h', keptSessionId: 's1' } });

    expect(await node.live.load(anna, NOW)).toMatchObject(anna);
  });
});

describe('what is in memory', () => {
  it('follows a change of role at once', async () => {
    const { node } = await signedIn();
    await node.live.load(anna, NOW);
    await node.user(roleChanged);

    expect(await node.live.load(anna, NOW)).toMatchObject({ role: 'admin', permissions: { settings: 'write' } });
  });

  it.each<[string, (node: Node) => Promise<void>]>([
    ['a refreshed token', (node) => node.session({ type: 'SessionRefreshed', data: { ...of, generation: 1, at: '2026-03-01T12:00:00.000Z' } })],
    ['an edited profile', (node) => node.user({ type: 'ProfileEdited', data: { userId: 'anna', from: { locale: 'en' }, to: { locale: 'th' } } })],
    ['somebody else\'s role', (node) => node.user({ type: 'OwnerRegistered', data: { userId: 'bob', email: 'b@example.com', displayName: 'Bob', locale: 'en', role: 'super-admin', passwordHash: 'h' } })],
    ['another session of the same person', (node) => node.session(started('s2'))],
  ])('stays through %s', async (_what, happens) => {
    const { node } = await signedIn();
    await node.live.load(anna, NOW);
    await happens(node);

    expect(node.live.peek('s1', NOW)).toMatchObject(anna);
  });

  it('is bounded; what falls out is loaded again, and is dropped like any other', async () => {
    const { world, node } = await signedIn();
    await node.session(started('s2'));
    const small = new LiveAccess(world.streams, { sessions: 1 });
    await small.load(anna, NOW);
    await small.load({ ...anna, sessionId: 's2' }, NOW);

    expect([small.size, small.peek('s1', NOW), small.peek('s2', NOW)]).toEqual([1, undefined, expect.objectContaining({ sessionId: 's2' })]);
    await small.load(anna, NOW);
    await node.user(roleChanged);
    expect(small.size).toBe(0);
  });

  it('is not dropped again when the log brings back what this node appended itself', async () => {
    const { world, node } = await signedIn();
    await node.user(roleChanged);
    await node.live.load(anna, NOW);
    await deliver(world, node.live);

    expect(node.live.peek('s1', NOW)).toMatchObject({ role: 'admin' });
  });

  it('is dropped where another node appended, however often and late the log tells of it', async () => {
    const { world, node } = await signedIn();
    const other = new Node(world.node().streams);
    await other.user(roleChanged);
    await node.live.load(anna, NOW);
    await deliver(world, node.live);

    expect(node.live.peek('s1', NOW)).toBeUndefined();
  });
});

describe('an event that comes while a session is being loaded', () => {
  /** A node whose reads of Anna's streams are done, and whose answer is on its way until let go. */
  const loadingNode = async () => {
    const { world, node } = await signedIn();
    let letGo: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => { letGo = resolve; });
    let reads = 0;
    let haveRead: () => void = () => undefined;
    const allRead = new Promise<void>((resolve) => { haveRead = resolve; });
    const through = (store: EventStore) => Object.assign(Object.create(store) as EventStore, {
      readStream: async (...args: Parameters<EventStore['readStream']>) => {
        const events = await store.readStream(...args);
        if (++reads === 4) haveRead();
        if (reads <= 4) await gate;
        return events;
      },
    });
    const slow = new Node(world.node(through).streams);
    const loading = slow.live.load(anna, NOW);
    await allRead;
    return { world, node, slow, finish: async () => { letGo(); return loading; } };
  };

  it('is not lost: what was read before it is not kept', async () => {
    const { world, node, slow, finish } = await loadingNode();
    const before = await world.store.head();
    await node.session(revoked);
    await deliver(world, slow.live, before);
    await finish();

    expect(slow.live.peek('s1', NOW)).toBeUndefined();
    expect(await slow.live.load(anna, NOW)).toBeNull();
  });

  it('is not lost where it comes right after', async () => {
    const { world, node, slow, finish } = await loadingNode();
    const before = await world.store.head();
    await node.session(revoked);
    await finish();
    expect(slow.live.peek('s1', NOW)).toMatchObject(anna); // the log has not told yet
    await deliver(world, slow.live, before);

    expect(slow.live.peek('s1', NOW)).toBeUndefined();
  });

  it('is no reason to load again where it is about somebody else', async () => {
    const { slow, finish } = await loadingNode();
    slow.live.changed(streamNames.user('b1', 'bob'), 'UserDeactivated');
    await finish();

    expect(slow.live.peek('s1', NOW)).toMatchObject(anna);
  });

  it('leaves nothing behind where the loading fails', async () => {
    const { world } = await signedIn();
    let away = true;
    const through = (store: EventStore) => Object.assign(Object.create(store) as EventStore, {
      readStream: async (...args: Parameters<EventStore['readStream']>) => { if (away) throw new StoreUnavailable('away'); return store.readStream(...args); },
    });
    const { live } = new Node(world.node(through).streams);

    await expect(live.load(anna, NOW)).rejects.toThrow('away');
    away = false;
    expect(await live.load(anna, NOW)).toMatchObject(anna);
    expect(live.peek('s1', NOW)).toMatchObject(anna);
  });
});

describe('while nobody tells of other nodes\' events', () => {
  it('nothing is in memory, and every answer comes from the streams', async () => {
    const { world, node } = await signedIn();
    const other = new Node(world.node().streams);
    await other.live.load(anna, NOW);
    other.live.suspend();

    expect(other.live.peek('s1', NOW)).toBeUndefined();
    expect(await other.live.load(anna, NOW)).toMatchObject(anna);
    expect(other.live.peek('s1', NOW)).toBeUndefined();
    await node.session(revoked);
    expect(await other.live.load(anna, NOW)).toBeNull();
  });

  it('ends when somebody does again', async () => {
    const { node: { live } } = await signedIn();
    live.suspend();
    live.resume();
    await live.load(anna, NOW);

    expect(live.peek('s1', NOW)).toMatchObject(anna);
  });

  it('counts for what was being loaded when it began, also where it is over by then', async () => {
    const { node: { live } } = await signedIn();
    const loading = live.load(anna, NOW);
    live.suspend();
    live.resume();
    await loading;

    expect(live.peek('s1', NOW)).toBeUndefined();
  });
});

describe('memory that is believed for a while', () => {
  it('is not asked after that, and is again once it is believed again', async () => {
    const { node: { live } } = await signedIn();
    await live.load(anna, NOW);
    live.trustUntil(performance.now() - 1);
    expect(live.trusted).toBe(false);
    expect(live.peek('s1', NOW)).toBeUndefined();
    expect(await live.load(anna, NOW)).toMatchObject(anna);

    live.trustUntil(performance.now() + 60_000);
    expect(live.trusted).toBe(true);
    expect(live.peek('s1', NOW)).toMatchObject(anna);
  });

  it('is enough to look, not to act: a change is let in by the streams alone', async () => {
    const { node: { live } } = await signedIn();
    await live.load(anna, NOW);
    live.trustUntil(performance.now() + 60_000);
    expect(live.peek('s1', NOW)).toMatchObject(anna);
    expect(live.peekForChange('s1', NOW)).toBeUndefined();
  });

  it('is enough to act where nobody else appends', async () => {
    const { node: { live } } = await signedIn();
    await live.load(anna, NOW);
    expect(live.peekForChange('s1', NOW)).toMatchObject(anna);
  });

  it('is believed for ever where nobody says otherwise', async () => {
    const { node: { live } } = await signedIn();
    expect(live.trusted).toBe(true);
  });
});
