import * as fc from 'fast-check';
import { createActionTokens, type ActionTokenFields, type ActionTokenPurpose, type ActionTokens } from './action-tokens';
import { createMemoryKeyStore } from './in-memory/key-store';
import { openInstallationSecrets } from './installation-secrets';
import { createMasterKey } from './master-key';

const openTokens = async () =>
  createActionTokens(await openInstallationSecrets({ store: createMemoryKeyStore(), masterKey: createMasterKey(new Uint8Array(32).fill(7)) }));

const id = fc.uuid({ version: 7 });
const generation = fc.nat(0xffffffff);
const expiresAt = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const fieldsOf: { [Purpose in ActionTokenPurpose]: fc.Arbitrary<ActionTokenFields<Purpose>> } = {
  invitation: fc.record({ businessId: id, userId: id, generation }, { noNullPrototype: true }),
  'password-reset': fc.record({ businessId: id, userId: id, generation, expiresAt }, { noNullPrototype: true }),
  refresh: fc.record({ businessId: id, sessionId: id, generation }, { noNullPrototype: true }),
  'two-factor-challenge': fc.record({ businessId: id, userId: id, sessionId: id, epoch: generation, expiresAt }, { noNullPrototype: true }),
  device: fc.record({ businessId: id, userId: id, deviceId: id }, { noNullPrototype: true }),
};
const purposes = Object.keys(fieldsOf) as ActionTokenPurpose[];

describe('action tokens', () => {
  let tokens: ActionTokens;
  beforeAll(async () => { tokens = await openTokens(); });

  describe.each(purposes)('for %s', (purpose) => {
    const fields = fieldsOf[purpose] as fc.Arbitrary<ActionTokenFields<typeof purpose>>;

    it('give back what they were issued with, are the same each time, and are safe in a URL', () => {
      fc.assert(fc.property(fields, (issued) => {
        const token = tokens.issue(purpose, issued);
        expect(token).toMatch(/^[A-Za-z0-9_-]{64,128}$/);
        expect(tokens.issue(purpose, issued)).toBe(token);
        expect(tokens.read(purpose, token)).toEqual(issued);
      }));
    });

    it('are accepted for no other purpose', () => {
      fc.assert(fc.property(fields, (issued) => {
        const token = tokens.issue(purpose, issued);
        expect(purposes.filter((other) => tokens.read(other, token) !== null)).toEqual([purpose]);
      }));
    });

    it('are worthless once a character is changed, added or missing', () => {
      fc.assert(fc.property(fields, fc.nat(63), fc.constantFrom(...'AZaz09-_+/=. \u0000'), (issued, place, character) => {
        const token = tokens.issue(purpose, issued);
        const changed = token.slice(0, place) + character + token.slice(place + 1);
        if (changed !== token) expect(tokens.read(purpose, changed)).toBeNull();
        expect(tokens.read(purpose, token.slice(0, -1))).toBeNull();
        expect(tokens.read(purpose, token + character)).toBeNull();
        const last = token.slice(0, -1) + character;
        if (last !== token) expect(tokens.read(purpose, last)).toBeNull();
      }));
    });

    it('are accepted by no other installation', async () => {
      const elsewhere = await openTokens();
      fc.assert(fc.property(fields, (issued) => { expect(elsewhere.read(purpose, tokens.issue(purpose, issued))).toBeNull(); }));
    });

    it('take any garbage', () => {
      fc.assert(fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ minLength: 92, maxLength: 92 })), (garbage) => {
        expect(tokens.read(purpose, garbage)).toBeNull();
      }));
      expect(tokens.read(purpose, 'A'.repeat(1_000_000))).toBeNull();
    });
  });

  it('never read as another purpose even where the shapes are of one length and only the tag tells them apart', () => {
    // The keys differ by purpose, so a token whose tag is rewritten is still not the other's.
    fc.assert(fc.property(fieldsOf['two-factor-challenge'], (issued) => {
      const bytes = Buffer.from(tokens.issue('two-factor-challenge', issued), 'base64url');
      for (const tag of [1, 2, 3, 5]) {
        bytes[0] = tag;
        expect(purposes.filter((purpose) => tokens.read(purpose, bytes.toString('base64url')) !== null)).toEqual([]);
      }
    }));
  });

  it('are not issued for what does not fit', () => {
    const businessId = '01930000-0000-7000-8000-000000000001';
    const userId = '01930000-0000-7000-8000-000000000002';
    for (const generation of [-1, 1.5, NaN, 2 ** 32]) expect(() => tokens.issue('invitation', { businessId, userId, generation })).toThrow(RangeError);
    for (const bad of ['', 'x', userId.toUpperCase().replace('1', 'F'), `${userId}0`]) {
      expect(() => tokens.issue('invitation', { businessId, userId: bad, generation: 1 })).toThrow(/userId must be a UUID/);
    }
  });
});
