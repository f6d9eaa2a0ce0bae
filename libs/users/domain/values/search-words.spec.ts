import fc from 'fast-check';
import { searchQuery, searchWords } from './search-words';

/** What the document store does with both: every asked word begins some word of the user. */
const finds = (q: string, displayName: string | null, email: string): boolean => {
  const words = searchWords(displayName, email);
  const asked = searchQuery(q);
  return asked.length > 0 && asked.every((start) => words.some((word) => word.startsWith(start)));
};

describe('the words a user is found by', () => {
  it('are those of the name and of the address, and the whole address', () => {
    expect(searchWords("Zoë O'Neil", 'Zoe.Crew+x@Biz-1.example')).toEqual(
      ['zoe', 'o', 'neil', 'crew', 'x', 'biz', '1', 'example', 'zoe.crew+x@biz-1.example'],
    );
  });

  it('are those of the address alone while there is no name', () => {
    expect(searchWords(null, 'ann@biz.example')).toEqual(['ann', 'biz', 'example', 'ann@biz.example']);
  });

  it('keep Thai vowels and tones, and drop Latin diacritics', () => {
    expect(searchWords('ก้อง ใจดี Łukasz Ångström', 'x@y.example')).toEqual(
      ['ก้อง', 'ใจดี', 'lukasz', 'angstrom', 'x', 'y', 'example', 'x@y.example'],
    );
  });

  it('have no mark on a Latin letter, however many it had: two, or one that no composed letter holds', () => {
    expect(searchWords('Nguyễn m\u0303ax', 'x@y.example')).toEqual(['nguyen', 'max', 'x', 'y', 'example', 'x@y.example']);
  });

  it('hold what people type for letters they do not have', () => {
    expect(searchWords('ß æ œ ø đ ð ł þ ħ ı Éß', 'x@y.example')).toEqual(['ss', 'ae', 'oe', 'o', 'd', 'l', 'th', 'h', 'i', 'ess', 'x', 'y', 'example', 'x@y.example']);
  });

  it('hold nothing invisible, and nothing twice', () => {
    expect(searchWords('So\u00adfia sofia Ж\u200bук Sofia', 'sofia@y.example')).toEqual(['sofia', 'жук', 'y', 'example', 'sofia@y.example']);
  });

  it('hold a domain that only looks international as it stands, once', () => {
    expect(searchWords(null, 'ann@xn--a.example')).toEqual(['ann', 'xn', 'a', 'example', 'ann@xn--a.example']);
    expect(searchWords(null, 'ann@XN--BCHER-KVA.example')).toEqual(['ann', 'bucher', 'example', 'ann@bucher.example', 'ann@xn--bcher-kva.example']);
  });

  it('hold an international domain as people read it, and its address in both forms', () => {
    expect(searchWords(null, 'ann@xn--bcher-kva.example')).toEqual(['ann', 'bucher', 'example', 'ann@bucher.example', 'ann@xn--bcher-kva.example']);
  });
});

describe('a search', () => {
  it.each([
    ['cha', true], ['CHAI', true], ['crew', true], ['chai crew', true], ['crew chai', true], ['  ch   cr ', true],
    ['chai.c', true], ['chai.c@biz', true], ['CHAI.C@BIZ.EX', true], ['@biz', true], ['biz.ex', true], ['ｃｈａｉ', true], ['crêw', true],
    ['hai', false], ['rew', false], ['chai bob', false], ['c@biz', false], ['chai.c@bix', false], ['', false], ['!!!', false], ['%', false], ['*', false],
  ])('for %p finds Chai Crew <chai.c@biz.example>: %p', (q, found) => {
    expect(finds(q, 'Chai Crew', 'chai.c@biz.example')).toBe(found);
  });

  it.each([['ก้', true], ['ใจ', true], ['กอง', false], ['จดี', false], ['สมชาย', false]])('for %p finds ก้อง ใจดี: %p', (q, found) => {
    expect(finds(q, 'ก้อง ใจดี', 'x@y.example')).toBe(found);
  });

  it('asks for no word that another one implies, and for eight at most', () => {
    expect(searchQuery('chai ch cha')).toEqual(['chai']);
    expect(searchQuery('a b c d e f g h i j')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });

  it('asks for the beginning of an address where there is an @ inside, of any width', () => {
    expect(searchQuery('ann＠biz')).toEqual(['ann@biz']);
    expect(searchQuery('ann@biz bob')).toEqual(['ann@biz', 'bob']);
    expect(searchQuery('@biz')).toEqual(['biz']);
  });

  it('reads three hundred characters and no more', () => {
    expect(searchQuery(`${'a'.repeat(298)} b c`)).toEqual(['a'.repeat(298), 'b']);
    expect(searchQuery(`${'a'.repeat(299)} b c`)).toEqual(['a'.repeat(299)]);
    expect(searchQuery('a'.repeat(400))).toEqual(['a'.repeat(300)]);
  });

  it('asks for each word once', () => {
    expect(searchQuery('ann ann Ann')).toEqual(['ann']);
  });

  it('finds everybody by any start of any of their words, in any case', () => {
    const letters = fc.constantFrom('a', 'É', 'ß', 'Σ', 'ø', 'ж', 'Й', 'ก', 'ก้', 'ำ', 'น้ำ', '李', '한', 'علی', '7', 'Ａ', 'ﬁ', 'İ', 'e\u0301', 'ක්\u200dෂ');
    const word = fc.array(letters, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const name = fc.array(word, { minLength: 1, maxLength: 4 });
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(fc.property(name, fc.nat(), fc.nat(), fc.boolean(), (words, which, length, upper) => {
      const chosen = [...graphemes.segment(words[which % words.length] ?? '')].map(({ segment }) => segment);
      const start = chosen.slice(0, 1 + (length % chosen.length)).join('');
      // A lone vowel sign is no word of anything.
      fc.pre(/^[\p{L}\p{N}]/u.test(start) && /^[\p{L}\p{N}]/u.test(start.normalize('NFKC')));
      expect({ start, found: finds(upper ? start.toLocaleUpperCase('en') : start, words.join(' '), 'x@y.example') }).toEqual({ start, found: true });
    }), { numRuns: 500 });
  });

  it('never throws, and asks for normalised words only', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (q) => {
      for (const word of searchQuery(q)) expect(searchQuery(word)).toEqual([word]);
    }));
  });
});
