import fc from 'fast-check';
import { isUuid, uuidv7 } from './ids';

const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 16 });

/** Reads the timestamp back out of a UUIDv7: its first 48 bits. */
const timeOf = (uuid: string) => parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);

describe('a UUIDv7', () => {
  it('is the example of RFC 9562, appendix A.6', () => {
    // rand_a is 0xCC3, rand_b the last 62 bits: the bits that version and variant cover may be anything.
    const example = Uint8Array.from([0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    const covered = Uint8Array.from([0x0c, 0xc3, 0x58, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);

    expect(uuidv7(Date.UTC(2022, 1, 22, 19, 22, 22), example)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
    expect(uuidv7(0x017f22e279b0, covered)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('has version 7 and the variant of the RFC, whatever the randomness', () => {
    fc.assert(fc.property(moment, random, (at, bytes) => {
      expect(uuidv7(at, bytes)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }));
  });

  it('carries its moment, to the millisecond and rounded down', () => {
    fc.assert(fc.property(moment, random, (at, bytes) => {
      expect(timeOf(uuidv7(at, bytes))).toBe(at);
    }));
    expect(timeOf(uuidv7(1234.9, new Uint8Array(10)))).toBe(1234);
  });

  it('sorts as text in the order of time', () => {
    fc.assert(fc.property(moment, moment, random, random, (earlier, later, a, b) => {
      fc.pre(earlier < later);
      expect(uuidv7(earlier, a) < uuidv7(later, b)).toBe(true);
    }));
  });

  it('tells apart any two of the 2^74 random parts', () => {
    const uncovered = (bytes: Uint8Array) => [bytes[0]! & 0x0f, bytes[1], bytes[2]! & 0x3f, ...bytes.slice(3, 10)].join();
    fc.assert(fc.property(moment, random, random, (at, a, b) => {
      expect(uuidv7(at, a) === uuidv7(at, b)).toBe(uncovered(a) === uncovered(b));
    }));
  });

  it('is not made of too little randomness', () => {
    expect(() => uuidv7(0, new Uint8Array(9))).toThrow(RangeError);
  });
});

describe('a UUID in text', () => {
  it('is accepted in canonical form', () => {
    fc.assert(fc.property(fc.uuid({ version: [1, 2, 3, 4, 5, 6, 7, 8] }), (uuid) => expect(isUuid(uuid)).toBe(true)));
  });

  it.each([
    ['upper case, which another system may fold to a second id', '017F22E2-79B0-7CC3-98C4-DC0C0C07398F'],
    ['no hyphens', '017f22e279b07cc398c4dc0c0c07398f'],
    ['another variant', '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f'],
    ['a version of the future', '017f22e2-79b0-9cc3-98c4-dc0c0c07398f'],
    ['the nil UUID', '00000000-0000-0000-0000-000000000000'],
    ['a line end behind it', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n'],
    ['a path behind it', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f/../x'],
    ['nothing', ''],
  ])('is refused with %s', (_what, text) => {
    expect(isUuid(text)).toBe(false);
  });
});
