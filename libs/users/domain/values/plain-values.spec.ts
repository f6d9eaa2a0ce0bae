import fc from 'fast-check';
import { DEFAULT_LOCALE, LOCALES, parseLocale } from './locale';
import { parsePhoneNumber } from './phone-number';
import { NO_STRINGS, refusalOf } from './spec-helpers';
import { parseSlug } from './slug';

describe('a phone number', () => {
  it.each([
    ['+66812345678', '+66812345678'],
    ['+66 81 234-5678', '+66812345678'],
    [' +1 415.555.0123 ', '+14155550123'],
    ['+123456', '+123456'],
    ['+123456789012345', '+123456789012345'],
    [null, null],
  ])('%p is %p', (typed, expected) => {
    expect(parsePhoneNumber(typed)).toBe(expected);
  });

  it.each([[''], ['0812345678'], ['66812345678'], ['+12345'], ['+1234567890123456'], ['+0812345678'], ['+66 (0)81 234 5678'], ['+66 81--2345678'], ['+6681234567x'],
    ['+٦٦٨١٢٣٤٥٦٧٨'], ['+66 81 234 5678\r\nX: y'], ['+66812345678;ext=1'], ['tel:+66812345678'], [`+66${' '.repeat(1000)}812345678`], ...NO_STRINGS.map((value) => [value])])('%p is refused', (typed) => {
    expect(refusalOf(() => parsePhoneNumber(typed))?.pointer).toBe('#/phone');
  });

  it('has at most 40 characters as it is typed', () => {
    expect(parsePhoneNumber('+66812345678'.padStart(40))).toBe('+66812345678');
    expect(refusalOf(() => parsePhoneNumber('+66812345678'.padStart(41)))?.pointer).toBe('#/phone');
  });

  it('is the same however it is grouped', () => {
    const grouped = fc.array(fc.stringMatching(/^\d{1,3}$/), { minLength: 2, maxLength: 4 });
    fc.assert(fc.property(grouped, fc.constantFrom(' ', '-', '.', ''), (groups, separator) => {
      const digits = `66${groups.join('')}`;
      fc.pre(digits.length >= 6);
      expect(parsePhoneNumber(`+66${separator}${groups.join(separator)}`)).toBe(`+${digits}`);
    }));
  });
});

describe('a slug', () => {
  it.each([['ab'], ['siam-cranes'], ['4x4-rental'], ['a'.repeat(50)], ['constructor']])('%s is taken', (slug) => {
    expect(parseSlug(slug)).toBe(slug);
  });

  it.each([[''], ['a'], ['a'.repeat(51)], ['-ab'], ['ab-'], ['a--b'], ['Ab'], ['a b'], ['a_b'], ['__proto__'], ['ab\n'], ['añb'], ['a/b'], ...NO_STRINGS.map((value) => [value])])('%p is refused', (slug) => {
    expect(refusalOf(() => parseSlug(slug))?.pointer).toBe('#/slug');
  });

  it('holds nothing that would need escaping in a path', () => {
    fc.assert(fc.property(fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'z', '0', '-', '.', '/', '%', 'A', '\n') }), (typed) => {
      if (refusalOf(() => parseSlug(typed)) === null) expect(encodeURIComponent(typed)).toBe(typed);
      else expect(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(typed) && typed.length >= 2 && !typed.endsWith('\n')).toBe(false);
    }), { numRuns: 500 });
  });
});

describe('a locale', () => {
  it('is English or Thai', () => {
    expect(LOCALES.map((locale) => parseLocale(locale))).toEqual(['en', 'th']);
    expect(DEFAULT_LOCALE).toBe('en');
  });

  it.each([['EN'], ['en-GB'], ['fr'], [''], [null], ...NO_STRINGS.map((value) => [value])])('%p is refused', (value) => {
    expect(refusalOf(() => parseLocale(value))).toEqual({ pointer: '#/locale', message: 'must be one of en, th' });
  });
});
