import fc from 'fast-check';
import type { Scalar } from '../port';
import { compareScalars } from '../scalar';
import { fromStoredText, kindOf, placeKey, placesOf, storedText, valueKey } from './stored-key';

/** As MongoDB compares strings. */
const bytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
const holds = ({ first, next }: { readonly first: string; readonly next: string }, key: string) => bytes(first, key) <= 0 && bytes(key, next) < 0;
const order = (a: Scalar, b: Scalar) => Math.sign(compareScalars(a, b));

/** Any code units, halves of pairs and control characters often among them. */
const text = fc.array(fc.oneof(
  fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0x61, max: 0x63 }), fc.constantFrom(0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xe7ff, 0xf8ff, 0xfffd, 0xffff), fc.integer({ min: 0, max: 0xffff }),
), { maxLength: 5 }).map((units) => String.fromCharCode(...units));
const number = fc.oneof(fc.constantFrom(0, -0, 1, -1, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const scalar: fc.Arbitrary<Scalar> = fc.oneof(text, number, fc.boolean(), fc.constant(null));

const RUNS = { numRuns: 5000 };

describe('what is stored for MongoDB to compare', () => {
  it('loses no text, and is well-formed Unicode without a NUL', () => {
    fc.assert(fc.property(text, (one) => {
      const stored = storedText(one);
      return fromStoredText(stored) === one && Buffer.from(stored).toString() === stored && !stored.includes('\0');
    }), RUNS);
  });

  it('has the beginnings of the text, and no others', () => {
    fc.assert(fc.property(text, text, (a, b) => storedText(a + b).startsWith(storedText(a)) && storedText(b).startsWith(storedText(a)) === b.startsWith(a)), RUNS);
  });

  it('sorts as the values do, of whatever kinds', () => {
    fc.assert(fc.property(scalar, scalar, (a, b) => bytes(valueKey(a), valueKey(b)) === order(a, b)), RUNS);
  });

  it('sorts places by value and then by id', () => {
    const byValueThenId = (a: Scalar, idA: string, b: Scalar, idB: string) => bytes(placeKey(a, idA), placeKey(b, idB)) === (order(a, b) || order(idA, idB));
    fc.assert(fc.property(scalar, text, scalar, text, (a, idA, b, idB) => byValueThenId(a, idA, b, idB) && byValueThenId(a, idA, a, idB)), RUNS);
  });

  it('has all places of a value, and no other, in one range', () => {
    fc.assert(fc.property(scalar, scalar, text, (value, other, id) => {
      const range = placesOf(value);
      return holds(range, placeKey(other, id)) === (order(value, other) === 0) && holds(range, placeKey(value, id));
    }), RUNS);
  });

  it('has all values of a kind, and no other, in one range', () => {
    const ofTheKind = (value: string | number | boolean, other: Scalar, id: string) => holds(kindOf(value), placeKey(other, id)) === (typeof value === typeof other);
    fc.assert(fc.property(fc.oneof(text, number, fc.boolean()), scalar, text, ofTheKind), RUNS);
  });
});
