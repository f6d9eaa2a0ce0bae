import fc from 'fast-check';
import { parseBusinessName } from './business-name';
import { parsePersonName } from './person-name';
import { parseReason } from './reason';
import { NO_STRINGS, refusalOf } from './spec-helpers';

describe("a person's name", () => {
  it.each([
    ['Chai Crew'],
    ['สมชาย ใจดี'],
    ['น้ำฝน เพ็ชร์'],
    ["Ó Súilleabháin-O'Neil, Jr."],
    ['李小龍'],
    ['葛\u{e0100}城'],
    ['علی\u200cرضا'],
    ['ක්\u200dෂ'],
    ['র\u200d্যাব'],
    ['Ann 👩🏽\u200d🚒'],
    ['Ann 👩\u200d🚒'],
    ['🏳️\u200d🌈'],
    ['🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['1️⃣ First'],
    ['Yes ‼\ufe0f'],
    ['X'],
    ['__proto__'],
    ['<script>alert(1)</script>'],
  ])('%s is taken as it is', (name) => {
    expect(parsePersonName(name)).toBe(name);
  });

  it('is trimmed, composed, and has single spaces', () => {
    expect(parsePersonName('  Zoe\u0308 \u00a0 \u3000Lee ')).toBe('Zoë Lee');
  });

  it.each([
    ['nothing', ''],
    ['spaces', ' \u00a0\u3000 '],
    ['a line break', 'Ann\nLee'],
    ['a header', 'Ann\r\nBcc: all@evil.example'],
    ['a tab', 'Ann\tLee'],
    ['a NUL', 'Ann\0'],
    ['an escape sequence', '\u001b[31mAnn'],
    ['a C1 control', 'Ann\u0085'],
    ['a line separator', 'Ann\u2028Lee'],
    ['a right-to-left override', 'Ann\u202egpj.exe'],
    ['an isolate', '\u2066Ann\u2069'],
    ['a right-to-left mark', 'Ann\u200f'],
    ['a zero-width space', 'Ann\u200bLee'],
    ['a byte order mark', '\ufeffAnn'],
    ['a soft hyphen', 'An\u00adn'],
    ['only joiners', '\u200d\u200c'],
    ['a joiner at the end', 'Ann\u200d'],
    ['two joiners', 'ක්\u200d\u200dෂ'],
    ['a joiner behind a space', 'Ann \u200dLee'],
    ['a joiner before a full stop', 'Ann\u200d.'],
    ['only a Hangul filler', '\u3164'],
    ['a Hangul filler inside', 'Ann\u1160'],
    ['only an empty Braille pattern', '\u2800 \u2800'],
    ['only a mark', '\u0301'],
    ['a variation selector on nothing', '\ufe0f'],
    ['a variation selector on a space', 'Ann \ufe0fLee'],
    ['a text hidden in tags', 'Ann\u{e0041}\u{e0042}'],
    ['a private-use character', 'Ann\ue000'],
    ['a lone surrogate', 'Ann\ud83d'],
    ['a noncharacter', 'Ann\uffff'],
    ['101 characters', 'a'.repeat(101)],
    ['a megabyte', 'a'.repeat(1 << 20)],
  ])('%s is refused', (_why, name) => {
    expect(refusalOf(() => parsePersonName(name))?.pointer).toBe('#/displayName');
  });

  it.each(NO_STRINGS.map((value) => [value]))('%p is refused', (value) => {
    expect(refusalOf(() => parsePersonName(value))).toEqual({ pointer: '#/displayName', message: 'must be a string' });
  });

  it('is refused for its length before any work is done on it, where it is eight times too long', () => {
    expect(refusalOf(() => parsePersonName(' '.repeat(801)))?.message).toBe('must have at most 100 characters');
    expect(refusalOf(() => parsePersonName(' '.repeat(800)))?.message).toBe('must not be empty');
  });

  it('counts characters, not code units', () => {
    expect(parsePersonName('𠮷'.repeat(100))).toBe('𠮷'.repeat(100));
    expect(refusalOf(() => parsePersonName('𠮷'.repeat(101)))).toEqual({ pointer: '#/displayName', message: 'must have at most 100 characters' });
  });

  it('once taken is taken again, unchanged, and never holds what hides or reorders', () => {
    const pieces = fc.oneof(fc.constantFrom('Ann', ' ', 'ก', '่', '\u200d', '\ufe0f', '\u202e', '\n', '👩', '🏽', '🏴', '\u{e0067}', '\u{e007f}', '\u2800'), fc.string({ unit: 'binary', maxLength: 2 }));
    fc.assert(fc.property(fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')), (typed) => {
      if (refusalOf(() => parsePersonName(typed)) !== null) return;
      const name = parsePersonName(typed);
      expect(parsePersonName(name)).toBe(name);
      expect(name).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]|^ | $| {2}/u);
      expect(name).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u);
    }), { numRuns: 500 });
  });
});

describe("a business's name", () => {
  it('follows the same rules', () => {
    expect(parseBusinessName(' JingjaiOps  ให้เช่า ')).toBe('JingjaiOps ให้เช่า');
    expect(refusalOf(() => parseBusinessName('\u202eX'))?.pointer).toBe('#/name');
    expect(refusalOf(() => parseBusinessName(' '))).toEqual({ pointer: '#/name', message: 'must not be empty' });
  });
});

describe('a reason', () => {
  it('is one line of free text, or none', () => {
    expect([parseReason(' covers for  billing '), parseReason(undefined), parseReason(null), parseReason('  ')]).toEqual(['covers for billing', null, null, null]);
  });

  it('has at most 500 characters', () => {
    expect(parseReason('ก'.repeat(500))).toBe('ก'.repeat(500));
    expect(refusalOf(() => parseReason('ก'.repeat(501)))).toEqual({ pointer: '#/reason', message: 'must have at most 500 characters' });
  });

  it.each([['a\nb'], ['a\0b'], ['a\u202eb'], ['a\u200bb'], [1], [['a']], [{}]])('%p is refused', (value) => {
    expect(refusalOf(() => parseReason(value, '#/note'))?.pointer).toBe('#/note');
  });
});
