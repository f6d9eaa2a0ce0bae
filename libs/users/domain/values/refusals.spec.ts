import { parseBusinessName, parseEmailAddress, parseLocale, parsePersonName, parsePhoneNumber, parseReason, parseSlug } from './index';
import { refusalOf } from './spec-helpers';

/** What stands beside the field of a form: it completes the sentence "this ...", and never repeats what was typed. */
describe('what is said against a value', () => {
  const lineRules: readonly [string, unknown, string][] = [
    ['no string', 7, 'must be a string'], ['far too long', 'x'.repeat(801), 'must have at most 100 characters'], ['too long', 'x'.repeat(101), 'must have at most 100 characters'],
    ['reordered', 'a\u202eb', 'must not hold control, invisible or text-direction characters'], ['empty', ' ', 'must not be empty'],
  ];

  it.each<[string, (input: unknown, pointer?: string) => unknown, string, unknown, string]>([
    ...lineRules.map(([what, input, message]) => [`a name: ${what}`, parsePersonName, '#/displayName', input, message] as [string, typeof parsePersonName, string, unknown, string]),
    ...lineRules.map(([what, input, message]) => [`a business: ${what}`, parseBusinessName, '#/name', input, message] as [string, typeof parsePersonName, string, unknown, string]),
    ['a reason: too long', parseReason, '#/reason', 'x'.repeat(501), 'must have at most 500 characters'],
    ['a slug: no string', parseSlug, '#/slug', 7, 'must be a string'],
    ['a slug: too short', parseSlug, '#/slug', 'a', 'must have 2 to 50 characters'],
    ['a slug: too long', parseSlug, '#/slug', 'a'.repeat(51), 'must have 2 to 50 characters'],
    ['a slug: other letters', parseSlug, '#/slug', 'Ab', 'must be of a-z, 0-9 and single hyphens between them'],
    ['a phone number: no string', parsePhoneNumber, '#/phone', 7, 'must be a string or null'],
    ['a phone number: no country', parsePhoneNumber, '#/phone', '0812345678', 'must be a number with its country code, such as +66 81 234 5678'],
    ['a locale', parseLocale, '#/locale', 'de', 'must be one of en, th'],
    ['an address: no string', parseEmailAddress, '#/email', 7, 'must be a string'],
    ['an address: far too long', parseEmailAddress, '#/email', `a@${'b'.repeat(253)}`, 'must have at most 254 characters'],
    ['an address: no domain', parseEmailAddress, '#/email', 'plain', 'must be one address of the form name@domain'],
    ['an address: two', parseEmailAddress, '#/email', 'a@b@c.example', 'must be one address of the form name@domain'],
    ['an address: nobody', parseEmailAddress, '#/email', '@c.example', 'must be one address of the form name@domain'],
    ['an address: a space', parseEmailAddress, '#/email', 'a b@c.example', 'must have plain letters, digits and single dots before the @'],
    ['an address: what cannot be seen', parseEmailAddress, '#/email', 'a\u00adb@c.example', 'must have plain letters, digits and single dots before the @'],
    ['an address: no host', parseEmailAddress, '#/email', 'a@localhost', 'must have a domain name after the @'],
    ['an address: a number for a host', parseEmailAddress, '#/email', 'a@127.1', 'must have a domain name after the @'],
    ['an address: a long name', parseEmailAddress, '#/email', `${'a'.repeat(65)}@c.example`, 'must have at most 64 bytes before the @'],
    ['an address: long in bytes', parseEmailAddress, '#/email', `${'ü'.repeat(30)}@${`${'a'.repeat(63)}.`.repeat(3)}com`, 'must have at most 254 bytes'],
  ])('%s', (_what, parse, pointer, input, message) => {
    expect(refusalOf(() => parse(input))).toEqual({ pointer, message });
    expect(refusalOf(() => parse(input, '#/there'))).toEqual({ pointer: '#/there', message });
  });
});
