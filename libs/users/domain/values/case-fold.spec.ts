import fc from 'fast-check';
import { caseFold } from './case-fold';

describe('case folding', () => {
  it.each([
    ['ANN', 'ann'],
    ['ＡＮＮ', 'ann'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
    ['Σίσυφος', 'σίσυφοσ'],
    ['ǅ', 'dž'],
    ['K', 'k'],
    ['ไทย', 'ไทย'],
  ])('makes %s and its other cases the same', (text, folded) => {
    expect(caseFold(text)).toBe(folded);
  });

  it('keeps the dotless i apart from i', () => {
    expect(caseFold('mıke')).not.toBe(caseFold('mike'));
  });

  it('agrees with the Unicode case folding built into regular expressions', () => {
    const different: string[] = [];
    for (let code = 0; code <= 0x1ffff; code++) {
      const character = String.fromCodePoint(code);
      const [upper, ...more] = character.toUpperCase();
      if (!/\p{L}/u.test(character) || upper === undefined || more.length > 0 || character.normalize('NFKC') !== character) continue;
      const same = new RegExp(`^${character}$`, 'iu').test(upper);
      if (same !== (caseFold(upper) === caseFold(character))) different.push(character);
    }
    expect(different).toEqual([]);
  });

  it('changes nothing the second time, and is in NFKC', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = caseFold(text);
      expect(caseFold(once)).toBe(once);
      expect(once.normalize('NFKC')).toBe(once);
    }));
  });
});
