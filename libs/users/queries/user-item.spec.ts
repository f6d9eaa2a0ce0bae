import { LEVELS, MODULES, ROLES, TWO_FACTOR_POLICIES, type Overrides } from '@rolebook/access';
import { asBytes } from '@rolebook/document-store';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import fc from 'fast-check';
import { userDirectory, type UserDocument } from '../projections/user-directory';
import { placeOf, userItem } from './user-item';
import { userView, type ViewedAt } from './user-view';

const NOW = Date.UTC(2026, 10, 24);
const ID = '01900000-0000-7000-8000-000000000001';
const moment = fc.date({ min: new Date(NOW - 1e9), max: new Date(NOW + 1e9), noInvalidDate: true }).map((date) => date.toISOString());
/** Texts of people, and what looks like members of a document. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('","status":"', ',"businessId":', '\\","invitation":null,"', '"},"role":"', '\\'));
const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const origin = fc.record({ since: moment, by: orNull(fc.constant(ID)), eventId: fc.uuid() });
const overrides = fc.dictionary(fc.constantFrom(...MODULES), fc.constantFrom(...LEVELS), { noNullPrototype: true }) as fc.Arbitrary<Overrides>;

/** Of the members, and in the order, that the directory writes. */
const documents: fc.Arbitrary<UserDocument> = fc.tuple(
  fc.record({ status: fc.constantFrom('invited', 'invitation-withdrawn', 'active', 'deactivated', 'erased'), listed: fc.boolean(), email: text, displayName: orNull(text), sortName: text, words: fc.array(text, { maxLength: 3 }) }),
  fc.record({ phone: orNull(text), locale: fc.constantFrom('en', 'th'), avatar: orNull(fc.uuid()), role: fc.constantFrom(...ROLES), overrides, roleOrigin: origin, overrideOrigins: fc.dictionary(fc.constantFrom(...MODULES), origin, { noNullPrototype: true }) }),
  fc.record({ hasTwoFactor: fc.boolean(), twoFactorEnabledAt: orNull(moment), invitation: orNull(fc.record({ sentAt: moment, expiresAt: moment })), createdAt: moment, lastSeenAt: orNull(moment), deactivatedAt: orNull(moment), revision: fc.nat() }),
).map(([first, second, third]) => ({ id: ID, businessId: ID, ...first, ...second, ...third }));
const moments: fc.Arbitrary<ViewedAt> = fc.record({ now: fc.integer({ min: NOW - 1e9, max: NOW + 1e9 }), policy: fc.constantFrom(...TWO_FACTOR_POLICIES) });

describe('the text of a user', () => {
  it('says what the view says, whatever people call themselves', () => {
    fc.assert(fc.property(documents, moments, (user, at) => {
      expect(JSON.parse(userItem(JSON.stringify(user), at).text)).toEqual(userView(user, at));
    }));
  });

  it('says so too where the members stand in another order', () => {
    fc.assert(fc.property(documents, moments, (user, at) => {
      const turned = Object.fromEntries(Object.entries(user).reverse());
      expect(JSON.parse(userItem(JSON.stringify(turned), at).text)).toEqual(userView(user, at));
    }), { numRuns: 30 });
  });

  it('holds good until the view is another by itself', () => {
    fc.assert(fc.property(documents, moments, (user, at) => {
      const { text: before, until } = userItem(JSON.stringify(user), at);
      const later = (now: number) => userItem(JSON.stringify(user), { ...at, now }).text;
      if (until === Infinity) return expect(later(NOW + 1e12)).toBe(before);
      expect(later(until - 1)).toBe(before);
      expect(later(until)).not.toBe(before);
    }));
  });

  it('is the same as bytes, in any script', () => {
    fc.assert(fc.property(documents, fc.boolean(), moments, (user, turn, at) => {
      const json = JSON.stringify(turn ? Object.fromEntries(Object.entries(user).reverse()) : user);
      expect(Buffer.from(userItem(asBytes(json), at).text, 'latin1').toString()).toBe(userItem(json, at).text);
    }));
  });

  it('tells its place in a list, whatever people call themselves', () => {
    fc.assert(fc.property(documents, fc.constantFrom('sortName' as const, 'createdAt' as const, 'lastSeenAt' as const), fc.boolean(), (user, field, turn) => {
      const turned = turn ? Object.fromEntries(Object.entries(user).reverse()) : user;
      expect(placeOf(asBytes(JSON.stringify(turned)), field)).toEqual({ value: user[field], id: user.id });
    }));
  });

  it('is cut from what the directory writes, and what a store makes of a patch, not parsed', async () => {
    const event = { type: 'UserInvited', data: { userId: ID, email: 'anna@shop.example', displayName: 'Anna', locale: 'en', role: 'crew', overrides: { jobs: 'write' }, generation: 1, expiresAt: '2026-12-01T00:00:00.000Z' } };
    const recorded = { id: ID, stream: `user-${ID}-${ID}`, revision: 0, position: 1, recordedAt: '2026-11-24T00:00:00.000Z', event, metadata: { businessId: ID, actor: { type: 'system' } } };
    const document = userDirectory.evolve(null, recorded as never, ID) as UserDocument;
    const collection = await new InMemoryDocumentStore().open<UserDocument>(userDirectory.collection);
    await collection.write([{ id: ID, document, position: 1 }]);
    await collection.patch([{ id: ID, set: { lastSeenAt: '2026-11-24T01:00:00.000Z' } }]);
    const [json] = await collection.findRaw({ limit: 1 });
    // Where it is parsed, the address comes second, as in the view.
    expect(userItem(json as string, { now: NOW, policy: 'off' }).text).toMatch(/^\{"id":"[0-9a-f-]{36}","status":"invited","email"/);
  });
});
