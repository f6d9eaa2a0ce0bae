import fc from 'fast-check';
import { MODULES } from '@rolebook/access';
import { createMasterKey, openInstallationSecrets, type InstallationSecrets } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import { DomainError } from '@rolebook/kernel';
import { treeSize } from '../audit/audit.requests';
import { Cursors } from './cursor';
import { revisionExpected } from './etag';
import { parseOverrides } from './fields';
import { parseLimit } from './list-query';
import { parseMoment } from './moment';
import { positionToken, readPositionToken } from './positions';
import { oneOf, textUpTo } from './validation';

/** Whatever JSON, a header or a query can bring. */
const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', '0', '-1', '1e3', '٣', '__proto__', 'constructor', '\0'), fc.jsonValue(), fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }));

/** What a parser gives, or the code it refuses with. @throws {unknown} whatever else it throws: that is what must not be */
function outcome<T>(parse: () => T): { readonly value: T } | { readonly refused: string } {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof DomainError) return { refused: error.code };
    throw error;
  }
}

describe('parsers of requests, whatever comes', () => {
  it.each<[string, (input: unknown) => unknown]>([
    ['a moment', (input) => parseMoment(input, '?at')], ['a limit', parseLimit], ['a size', (input) => treeSize(input, '?size')], ['overrides', (input) => parseOverrides(input, true)],
    ['a text', textUpTo(10)], ['a word', oneOf(['a', 'b'])],
  ])('%s: a value or a refusal that says where, and nothing else', (_what, parse) => {
    fc.assert(fc.property(anything, (input) => {
      const result = outcome(() => parse(input));
      expect('value' in result || result.refused === 'validation').toBe(true);
    }));
  });

  it('a limit is a whole number from 1 to 200, written plainly, and 50 where there is none', () => {
    expect(parseLimit(undefined)).toBe(50);
    fc.assert(fc.property(fc.integer({ min: -50, max: 1_100 }), (n) => {
      expect(outcome(() => parseLimit(String(n)))).toEqual(n >= 1 && n <= 200 ? { value: n } : { refused: 'validation' });
    }));
  });

  it('a size reads back as the number that was written, and in one way alone', () => {
    fc.assert(fc.property(fc.nat({ max: 999_999_999_999_999 }), fc.constantFrom('0', '+', ' ', '-', '0x'), (n, before) => {
      expect(treeSize(String(n), '?size')).toBe(n);
      expect(outcome(() => treeSize(`${before}${n}`, '?size'))).toEqual({ refused: 'validation' });
    }));
  });

  it('overrides hold levels by module, and no other name, whatever it means to JavaScript', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')), (name) => {
      const given = Object.fromEntries([[name, 'read']]);
      expect('value' in outcome(() => parseOverrides(given, false))).toBe((MODULES as readonly string[]).includes(name));
    }));
  });
});

describe('a position', () => {
  it('reads back as it was given', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (position) => { expect(readPositionToken(positionToken(position))).toBe(position); }));
  });

  it('is a whole, safe number or a refusal, whatever the header holds', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^p[0-9a-zA-Z]{0,14}$/)), (text) => {
      const result = outcome(() => readPositionToken(text));
      expect('value' in result ? Number.isSafeInteger(result.value) && result.value >= 0 : result.refused === 'validation').toBe(true);
    }));
  });
});

describe('If-Match', () => {
  it('asks for the revision that an ETag of ours names, and for any with *', () => {
    expect([revisionExpected('*'), revisionExpected(undefined)]).toEqual([null, null]);
    fc.assert(fc.property(fc.nat(), (revision) => { expect(revisionExpected(`"${revision}"`)).toBe(revision); }));
  });

  it('asks for a revision that nobody has with anything else: a list, a weak one, another way to write a number', () => {
    const texts = fc.oneof(fc.string(), fc.nat().map((n) => `W/"${n}"`), fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `"${a}", "${b}"`), fc.nat().map((n) => `"0${n}"`), fc.nat().map(String), fc.double().map((n) => `"${n}e0"`));
    fc.assert(fc.property(texts.filter((text) => text !== '*' && !/^\s*"(0|[1-9]\d*)"\s*$/.test(text)), (text) => { expect(revisionExpected(text)).toBe(Number.MAX_SAFE_INTEGER); }));
  });
});

describe('a cursor', () => {
  let secrets: InstallationSecrets;
  let cursors: Cursors;
  beforeAll(async () => {
    secrets = await openInstallationSecrets({ store: createMemoryKeyStore(), masterKey: createMasterKey(new Uint8Array(32).fill(7)) });
    cursors = new Cursors(secrets);
  });
  const place = fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const text = fc.string({ unit: 'binary', maxLength: 40 });

  it('reads back the place that it was given for, in its list and business alone', () => {
    fc.assert(fc.property(place, text, text, text, (at, business, list, other) => {
      const cursor = cursors.give(business, list, at);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(cursors.read(business, list, cursor)).toEqual(at);
      if (other !== list) expect(outcome(() => cursors.read(business, other, cursor))).toEqual({ refused: 'invalid-cursor' });
      if (other !== business) expect(outcome(() => cursors.read(other, list, cursor))).toEqual({ refused: 'invalid-cursor' });
    }));
  });

  it('is refused once a character is changed, added or missing, and where it is anything else', () => {
    fc.assert(fc.property(place, fc.nat(), fc.constantFrom('drop', 'double', 'change'), fc.string({ unit: 'binary' }), (at, where, how, garbage) => {
      const cursor = cursors.give('b', 'l', at);
      const i = where % cursor.length;
      const put = how === 'drop' ? '' : how === 'double' ? cursor[i]! + cursor[i]! : cursor[i] === 'A' ? 'B' : 'A';
      for (const wrong of [cursor.slice(0, i) + put + cursor.slice(i + 1), garbage]) expect(outcome(() => cursors.read('b', 'l', wrong))).toEqual({ refused: 'invalid-cursor' });
    }));
  });
});
