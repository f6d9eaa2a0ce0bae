import { SubjectErased } from '@rolebook/crypto';
import type { EventToAppend } from '@rolebook/event-store';
import { ERASED_NAME, type DomainEvent, type EventDefinitions, type EventMetadata, type Recorded, type Upcast } from '@rolebook/kernel';
import { shapesOf } from '@rolebook/kernel/spec-helpers';
import { EventCodec, UnknownEventType } from './event-codec';
import { inMemoryWorld } from './spec-helpers';

type Joined = DomainEvent<'Joined.v2', { userId: string; plan: string; name: string; phones: readonly string[] }>;
type Knocked = DomainEvent<'Knocked', { userId: string | null; door: number }>;
type Closed = DomainEvent<'Closed', { reason: string }>;

const definitions: EventDefinitions<Joined | Knocked | Closed> = {
  'Joined.v2': { action: 'club.joined', user: 'userId', sealed: { name: ERASED_NAME, phones: [] }, changes: () => [] },
  Knocked: { action: 'club.knocked', user: 'userId', sealed: {}, changes: () => [] },
  Closed: { action: 'club.closed', user: null, sealed: {}, changes: () => [] },
};
/** Of a first version with one phone number, under other names. */
const upcasts: readonly Upcast[] = [{
  from: 'Joined', user: 'member', sealed: { fullName: ERASED_NAME, phone: null },
  upcast: ({ member, fullName, phone }) => ({ type: 'Joined.v2', data: { userId: member!, plan: 'basic', name: fullName!, phones: phone === null ? [] : [phone!] } }),
}];
const first = { Joined: { action: 'club.joined', user: 'member', sealed: { fullName: ERASED_NAME, phone: null }, changes: () => [] } } as const;

const joined = (userId = 'anna'): Joined => ({ type: 'Joined.v2', data: { userId, plan: 'gold', name: 'Anna Suksawat', phones: ['+6681234567', '+6689999999'] } });
const byAnn: EventMetadata = {
  businessId: 'b1', actor: { type: 'user', id: 'ann' }, commandId: 'c1', requestId: 'r1', sessionId: 's1', ip: '192.0.2.77', device: 'Firefox on Linux',
};
const anonymous: EventMetadata = { ...byAnn, actor: { type: 'anonymous' }, sessionId: null };
const AT = '2026-03-01T00:00:00.000Z';
const ID = '01900000-0000-7000-8000-0000000000ff';

const world = () => inMemoryWorld([{ definitions, upcasts }]);
const as = (event: DomainEvent<string, object>) => event as DomainEvent;

/** Every field that the whole event has, taken by its name from one that opens where it is looked at. */
function lookedAt(lazily: Recorded, whole: Recorded): Recorded {
  const by = <T extends object>(names: T, of: T) => Object.fromEntries(Object.keys(names).map((name) => [name, of[name as keyof T]])) as T;
  return { ...lazily, event: { type: lazily.event.type, data: by(whole.event.data, lazily.event.data) }, metadata: by(whole.metadata, lazily.metadata) };
}

async function roundTrip({ store, codec }: ReturnType<typeof world>, event: DomainEvent<string, object>, metadata: EventMetadata, from = codec) {
  const id = `01900000-0000-7000-8000-00000000000${await store.head()}`;
  await store.append('club-b1', 'any', await codec.encode([{ id, event: as(event) }], metadata));
  const stored = (await store.readAll({ after: 0, limit: 100 })).at(-1)!;
  const [recorded] = await from.decode([stored]);
  const [lazily] = await from.decodeEachLazily([stored]);
  expect(lookedAt(lazily as Recorded, recorded!)).toEqual(recorded);
  expect(await from.decodeFacts([stored])).toEqual([recorded!.event]);
  return { id, stored, recorded: recorded! };
}

describe('an event that is opened where it is looked at', () => {
  it('does not open what nobody looks at, and says no to what was tampered with when somebody does', async () => {
    const one = world();
    const { stored } = await roundTrip(one, joined(), byAnn);
    const broken = { ...stored, data: stored.data.replace(/"\$sealed":"..../, '"$sealed":"AAAA'), metadata: stored.metadata.replace(/"\$sealed":"..../, '"$sealed":"AAAA') };
    const [recorded] = await one.codec.decodeEachLazily<Joined>([broken]);

    expect(recorded).not.toBeInstanceOf(Error);
    if (!recorded || recorded instanceof Error) return;
    expect([recorded.event.data.plan, recorded.metadata.actor]).toEqual(['gold', byAnn.actor]);
    expect(() => recorded.event.data.name).toThrow('malformed');
    expect(() => recorded.metadata.ip).toThrow('malformed');
  });

  it('has its plain fields where no keys are fetched, and says no to a look at the others', async () => {
    const one = world();
    const { stored } = await roundTrip(one, joined(), byAnn);
    const [recorded] = await one.node().codec.decodeEachLazily<Joined>([stored], { sealed: false });

    if (!recorded || recorded instanceof Error) throw new Error('it was to be decoded');
    expect([recorded.event.data.plan, recorded.metadata.actor]).toEqual(['gold', byAnn.actor]);
    expect(() => recorded.event.data.name).toThrow('was not loaded');
    expect(() => recorded.metadata.device).toThrow('was not loaded');
  });
});

describe('an event of which only what happened is asked', () => {
  it('is read without the seal of who did it, and not without that of whom it is about', async () => {
    const one = world();
    const { stored, recorded } = await roundTrip(one, joined(), byAnn);
    const broken = (field: 'data' | 'metadata') => ({ ...stored, [field]: stored[field].replace(/"\$sealed":"..../, '"$sealed":"AAAA') });

    expect(await one.node().codec.decodeFacts([broken('metadata')])).toEqual([recorded.event]);
    await expect(one.node().codec.decodeFacts([stored, broken('data')])).rejects.toThrow('malformed');
    await expect(one.codec.decodeFacts([{ ...stored, type: 'Joined.v3' }])).rejects.toThrow(UnknownEventType);
  });
});

describe('an event on its way through the log', () => {
  it('comes back as it was, with where and when the log took it', async () => {
    const { id, recorded } = await roundTrip(world(), joined(), byAnn);

    expect(recorded).toEqual({ id, event: joined(), metadata: byAnn, stream: 'club-b1', revision: 0, position: 1, recordedAt: AT });
  });

  it('comes back on another node that has to fetch the keys first', async () => {
    const one = world();

    expect((await roundTrip(one, joined(), byAnn, one.node().codec)).recorded).toMatchObject({ event: joined(), metadata: byAnn });
  });

  it('comes back in the same shape every time, whoever it is about', async () => {
    const one = world();
    for (let n = 0; n < 60; n++) await one.store.append('club-b1', 'any', await one.codec.encode([{ id: `01900000-0000-7000-8000-0000000001${n + 10}`, event: as(joined(`member-${n}`)) }], byAnn));
    const recorded = await one.codec.decode<Joined>(await one.store.readAll({ after: 0, limit: 100 }));

    expect(recorded.map(({ event: { data } }) => data.userId)).toEqual(Array.from({ length: 60 }, (_, n) => `member-${n}`));
    expect(shapesOf(recorded.slice(30).map(({ event: { data } }) => data))).toBe(1);
    expect(shapesOf(recorded.slice(30).map(({ metadata }) => metadata))).toBe(1);
  });

  it('has no position where it is read from its stream', async () => {
    const one = world();
    await roundTrip(one, joined(), byAnn);

    expect((await one.codec.decode(await one.store.readStream('club-b1')))[0]!.position).toBe(0);
  });

  it('shows its plain fields in the stored bytes, and nothing personal: not of the person, not of the actor', async () => {
    const { stored } = await roundTrip(world(), joined(), byAnn);

    expect(JSON.parse(stored.data)).toEqual({ userId: 'anna', plan: 'gold', $sealed: expect.stringMatching(/^[\w-]+$/) });
    expect(JSON.parse(stored.metadata)).toEqual({
      businessId: 'b1', actor: { type: 'user', id: 'ann' }, commandId: 'c1', requestId: 'r1', sessionId: 's1', $for: 'ann', $sealed: expect.stringMatching(/^[\w-]+$/),
    });
    for (const secret of ['Suksawat', '81234567', '89999999', '192.0.2.77', 'Firefox']) expect(stored.data + stored.metadata).not.toContain(secret);
  });

  it('is stored as it is where nothing of it is personal', async () => {
    const { stored, recorded } = await roundTrip(world(), { type: 'Closed', data: { reason: 'rain' } }, { ...byAnn, ip: null, device: null });

    expect(JSON.parse(stored.data)).toEqual({ reason: 'rain' });
    expect(JSON.parse(stored.metadata)).toEqual({ businessId: 'b1', actor: { type: 'user', id: 'ann' }, commandId: 'c1', requestId: 'r1', sessionId: 's1' });
    expect(recorded.metadata).toEqual({ ...byAnn, ip: null, device: null });
  });

  it('keeps an address without a device, and the other way round', async () => {
    const one = world();

    expect((await roundTrip(one, joined(), { ...byAnn, device: null })).recorded.metadata).toEqual({ ...byAnn, device: null });
    expect((await roundTrip(one, joined(), { ...byAnn, ip: null })).recorded.metadata).toEqual({ ...byAnn, ip: null });
  });

  it('keeps several events of one append apart, each sealed for its own place', async () => {
    const { codec } = world();
    const [a, b] = await codec.encode([{ id: 'id-a', event: as(joined()) }, { id: 'id-b', event: as(joined()) }], byAnn) as [EventToAppend, EventToAppend];
    const swapped = { ...a, data: b.data, stream: 'club-b1', revision: 0, recordedAt: AT };

    await expect(codec.decode([swapped])).rejects.toThrow('was changed, or was moved');
  });
});

describe('whose the address and device are', () => {
  const ownerOf = async (event: DomainEvent<string, object>, metadata: EventMetadata) =>
    (JSON.parse((await roundTrip(world(), event, metadata)).stored.metadata) as { $for: string }).$for;

  it.each<[string, DomainEvent<string, object>, EventMetadata, string]>([
    ['the actor\'s', joined(), byAnn, 'ann'],
    ['the person\'s the event is about, where nobody is signed in', joined(), anonymous, 'anna'],
    ['the business\'s, where it is about nobody known', { type: 'Knocked', data: { userId: null, door: 1 } }, anonymous, 'b1'],
    ['the business\'s, where it is about no user at all', { type: 'Closed', data: { reason: 'rain' } }, { ...byAnn, actor: { type: 'system' } }, 'b1'],
  ])('is %s', async (_whose, event, metadata, owner) => {
    expect(await ownerOf(event, metadata)).toBe(owner);
  });
});

describe('once a person is erased', () => {
  it('their events read as the definitions say, and keep the rest', async () => {
    const one = world();
    const { stored } = await roundTrip(one, joined('anna'), byAnn);
    await one.keys.destroy('anna', AT);

    const [recorded] = await one.codec.decode([stored]);
    expect(recorded).toMatchObject({ event: { type: 'Joined.v2', data: { userId: 'anna', plan: 'gold', name: ERASED_NAME, phones: [] } }, metadata: byAnn });
    expect(Object.keys(recorded!.event.data).sort()).toEqual(['name', 'phones', 'plan', 'userId']);
  });

  it('so they do on a node that never had the key', async () => {
    const one = world();
    const { stored } = await roundTrip(one, joined('anna'), byAnn);
    await one.keys.destroy('anna', AT);

    const { codec } = one.node();
    expect((await codec.decode([stored]))[0]!.event.data).toEqual({ userId: 'anna', plan: 'gold', name: ERASED_NAME, phones: [] });
    expect(await one.node().codec.decodeFacts([stored])).toEqual([{ type: 'Joined.v2', data: { userId: 'anna', plan: 'gold', name: ERASED_NAME, phones: [] } }]);
  });

  it('their address and device are gone from what they did to others, whose data stay', async () => {
    const one = world();
    const { stored } = await roundTrip(one, joined('anna'), byAnn);
    await one.keys.destroy('ann', AT);

    expect((await one.codec.decode([stored]))[0]).toMatchObject({ event: joined('anna'), metadata: { ...byAnn, ip: null, device: null } });
  });

  it('nothing personal is written about them, or by them', async () => {
    const one = world();
    await one.keys.destroy('anna', AT);

    await expect(roundTrip(one, joined('anna'), byAnn)).rejects.toThrow(SubjectErased);
    await expect(roundTrip(one, { type: 'Closed', data: { reason: 'rain' } }, { ...byAnn, actor: { type: 'user', id: 'anna' } })).rejects.toThrow(SubjectErased);
    expect(await one.store.head()).toBe(0);
  });

  it('what is not personal is still written, such as a stranger trying their account', async () => {
    const one = world();
    await one.keys.destroy('anna', AT);

    const { recorded, stored } = await roundTrip(one, { type: 'Knocked', data: { userId: 'anna', door: 1 } }, anonymous);
    expect(recorded).toMatchObject({ event: { type: 'Knocked', data: { userId: 'anna', door: 1 } }, metadata: anonymous });
    expect(JSON.parse(stored.metadata)).toMatchObject({ $for: 'b1' });
  });
});

describe('an event of an older version', () => {
  it('comes back as today\'s, its personal fields opened first', async () => {
    const one = world();
    const old = new EventCodec(one.keys, [{ definitions: first }]);
    await one.store.append('club-b1', 'any', await old.encode([{ id: ID, event: { type: 'Joined', data: { member: 'anna', fullName: 'Anna', phone: '+6681234567' } } }], byAnn));

    expect((await one.codec.decode(await one.store.readStream('club-b1')))[0]!.event)
      .toEqual({ type: 'Joined.v2', data: { userId: 'anna', plan: 'basic', name: 'Anna', phones: ['+6681234567'] } });
  });

  it('comes back erased where the person is', async () => {
    const one = world();
    const old = new EventCodec(one.keys, [{ definitions: first }]);
    await one.store.append('club-b1', 'any', await old.encode([{ id: ID, event: { type: 'Joined', data: { member: 'anna', fullName: 'Anna', phone: '+6681234567' } } }], byAnn));
    await one.keys.destroy('anna', AT);

    expect((await one.codec.decode(await one.store.readStream('club-b1')))[0]!.event)
      .toEqual({ type: 'Joined.v2', data: { userId: 'anna', plan: 'basic', name: ERASED_NAME, phones: [] } });
  });

  it('comes back from the very bytes it was stored in, before there were keys', async () => {
    const one = world();
    const stored = { id: 'id-1', type: 'Joined', data: '{"member":"anna","fullName":"Anna","phone":null}', metadata: '{"businessId":"b1","actor":{"type":"system"},"commandId":"c1"}', stream: 'club-b1', revision: 0, recordedAt: AT };

    expect(await one.codec.decode([stored])).toEqual([{
      id: 'id-1', event: { type: 'Joined.v2', data: { userId: 'anna', plan: 'basic', name: 'Anna', phones: [] } },
      metadata: { businessId: 'b1', actor: { type: 'system' }, commandId: 'c1', requestId: null, sessionId: null, ip: null, device: null },
      stream: 'club-b1', revision: 0, position: 0, recordedAt: AT,
    }]);
  });

  it('is refused where its upcast leads to a type that nobody defines', async () => {
    const { keys } = world();
    const codec = new EventCodec(keys, [{ definitions: {}, upcasts }]);
    const stored = { id: 'id-1', type: 'Joined', data: '{"member":"anna","fullName":"Anna","phone":null}', metadata: '{}', stream: 'club-b1', revision: 0, recordedAt: AT };

    await expect(codec.decode([stored])).rejects.toThrow(UnknownEventType);
  });
});

describe('what the codec does not know', () => {
  it('is refused on the way in and on the way out, never dropped', async () => {
    const one = world();
    const stranger = { id: 'id-1', type: 'Joined.v3', data: '{}', metadata: '{"businessId":"b1","actor":{"type":"system"},"commandId":"c1"}', stream: 'club-b1', revision: 0, recordedAt: AT };

    await expect(one.codec.encode([{ id: 'id-1', event: { type: 'Joined.v3', data: {} } }], byAnn)).rejects.toThrow('event type Joined.v3 is not known to this version of the service');
    await expect(one.codec.decode([stranger])).rejects.toThrow(UnknownEventType);
  });

  it('is refused where two features claim the same type', () => {
    expect(() => new EventCodec(world().keys, [{ definitions }, { definitions: { Knocked: definitions.Knocked } }])).toThrow('two features define the event Knocked');
  });

  it('is refused where personal data belong to nobody', async () => {
    const { keys } = world();
    const codec = new EventCodec(keys, [{ definitions: { Noted: { action: 'noted', user: null, sealed: { text: '' }, changes: () => [] } } }]);

    await expect(codec.encode([{ id: 'id-1', event: { type: 'Noted', data: { text: 'Anna called' } } }], byAnn)).rejects.toThrow('names nobody whose they are');
  });

  it('is refused where a stored event lacks the user it is about', async () => {
    const one = world();
    const stored = { id: 'id-1', type: 'Knocked', data: '{"door":1}', metadata: '{"businessId":"b1","actor":{"type":"system"},"commandId":"c1"}', stream: 'club-b1', revision: 0, recordedAt: AT };

    await expect(one.codec.decode([stored])).rejects.toThrow('lacks a field');
  });
});
