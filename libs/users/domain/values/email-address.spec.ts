import fc from 'fast-check';
import { parseEmailAddress } from './email-address';
import { NO_STRINGS, refusalOf } from './spec-helpers';

describe('an e-mail address', () => {
  it.each([
    ['ann@biz.example', { address: 'ann@biz.example', normalised: 'ann@biz.example' }],
    ['Ann.Lee+Quotes@Biz.Example', { address: 'Ann.Lee+Quotes@Biz.Example', normalised: 'ann.lee+quotes@biz.example' }],
    ["o'neil_{x}|y~z@biz.example", { address: "o'neil_{x}|y~z@biz.example", normalised: "o'neil_{x}|y~z@biz.example" }],
    ['ａｎｎ＠ｂｉｚ．ｅｘａｍｐｌｅ', { address: 'ann@biz.example', normalised: 'ann@biz.example' }],
    ['ann@BÜCHER.example', { address: 'ann@bücher.example', normalised: 'ann@xn--bcher-kva.example' }],
    ['ann@xn--bcher-kva.example', { address: 'ann@xn--bcher-kva.example', normalised: 'ann@xn--bcher-kva.example' }],
    ['สมชาย@ทดสอบ.ไทย', { address: 'สมชาย@ทดสอบ.ไทย', normalised: 'สมชาย@xn--l3cfk7dp.xn--o3cw4h' }],
    ['ann@例え。jp', { address: 'ann@例え.jp', normalised: 'ann@xn--r8jz45g.jp' }],
    ['ΣΑΣ@biz.example', { address: 'ΣΑΣ@biz.example', normalised: 'σασ@biz.example' }],
  ])('%s is taken', (typed, expected) => {
    expect(parseEmailAddress(typed)).toEqual(expected);
  });

  it.each([
    ['empty', ''],
    ['without @', 'ann.biz.example'],
    ['nothing before the @', '@biz.example'],
    ['nothing after the @', 'ann@'],
    ['two @', 'ann@biz.example@evil.example'],
    ['two @, one of them disguised', 'ann@biz.example＠evil.example'],
    ['two @ in a row', 'ann@@biz.example'],
    ['a list', 'ann@biz.example,bob@biz.example'],
    ['a list with semicolon', 'ann@biz.example;bob@biz.example'],
    ['a display name', 'Ann <ann@biz.example>'],
    ['angle brackets', '<ann@biz.example>'],
    ['a quoted local part', '"ann lee"@biz.example'],
    ['a comment', 'ann(work)@biz.example'],
    ['a group', 'staff:ann@biz.example;'],
    ['a space in front', ' ann@biz.example'],
    ['a space behind', 'ann@biz.example '],
    ['a no-break space', 'ann\u00a0lee@biz.example'],
    ['a new line', 'ann@biz.example\n'],
    ['an injected header', 'ann@biz.example\r\nBcc: all@evil.example'],
    ['a NUL', 'ann\0@biz.example'],
    ['a bidi override', 'ann\u202e@biz.example'],
    ['a zero-width space', 'an\u200bn@biz.example'],
    ['a joiner', 'an\u200dn@biz.example'],
    ['a soft hyphen in the domain', 'ann@b\u00adiz.example'],
    ['an invisible letter', 'ann\u115f@biz.example'],
    ['a lone surrogate', 'ann\ud800@biz.example'],
    ['a leading dot', '.ann@biz.example'],
    ['a trailing dot', 'ann.@biz.example'],
    ['two dots', 'ann..lee@biz.example'],
    ['a character that normalises to two dots', 'ann‥lee@biz.example'],
    ['a leading mark', '\u0301ann@biz.example'],
    ['a backslash', 'ann\\lee@biz.example'],
    ['a single-label domain', 'ann@localhost'],
    ['a domain literal', 'ann@[127.0.0.1]'],
    ['an IPv4 address', 'ann@127.0.0.1'],
    ['an IPv4 address of longer numbers', 'ann@192.0.2.77'],
    ['an IPv4 address in full width', 'ann@１９２.０.２.７７'],
    ['an IPv4 address in short', 'ann@1.2'],
    ['an IPv4 address in hexadecimal', 'ann@0x7f.1'],
    ['a percent escape in the domain', 'ann@ex%41mple.com'],
    ['a path behind the domain', 'ann@biz.example/x'],
    ['a port behind the domain', 'ann@biz.example:25'],
    ['an underscore in the domain', 'ann@b_z.example'],
    ['a dot at the end', 'ann@biz.example.'],
    ['a dot after the @', 'ann@.biz.example'],
    ['two dots in the domain', 'ann@biz..example'],
    ['a hyphen at the edge of a label', 'ann@-biz.example'],
    ['broken punycode', 'ann@xn--a.example'],
    ['a numeric top level', 'ann@biz.123'],
    ['a label of 64', `ann@${'a'.repeat(64)}.example`],
    ['65 bytes before the @', `${'a'.repeat(65)}@biz.example`],
    ['66 bytes in 22 characters before the @', `${'ก'.repeat(22)}@biz.example`],
    ['66 bytes that fold to 44', `${'ẞ'.repeat(22)}@biz.example`],
    ['44 bytes that fold to 66', `${'İ'.repeat(22)}@biz.example`],
    ['255 bytes', `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(54)}.example`],
  ])('%s is refused', (_why, typed) => {
    expect(refusalOf(() => parseEmailAddress(typed))?.pointer).toBe('#/email');
  });

  it.each(NO_STRINGS.map((value) => [value]))('%p is refused', (value) => {
    expect(refusalOf(() => parseEmailAddress(value, '#/owner/email'))).toEqual({ pointer: '#/owner/email', message: 'must be a string' });
  });

  it.each(['ann@biz.1com', 'ann@biz.com1', 'ann@a.1.example', 'ann@1.2.3.com'])('%s has digits in its domain, and is no IPv4 address', (typed) => {
    expect(parseEmailAddress(typed)).toEqual({ address: typed, normalised: typed });
  });

  it('may have 64 bytes before the @ and 254 in all', () => {
    const longest = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(53)}.example`;
    expect([longest.length, parseEmailAddress(longest).address]).toEqual([254, longest]);
  });

  const plain = fc.tuple(fc.stringMatching(/^[A-Za-z0-9]{1,12}([.+_-][A-Za-z0-9]{1,12}){0,2}$/), fc.domain()).map(([local, domain]) => `${local}@${domain}`);

  it('is the same in every case and width', () => {
    const wide = (text: string) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
    fc.assert(fc.property(plain, (typed) => {
      fc.pre(refusalOf(() => parseEmailAddress(typed)) === null);
      const { normalised } = parseEmailAddress(typed);
      expect([typed.toUpperCase(), typed.toLowerCase(), wide(typed), normalised].map((form) => parseEmailAddress(form).normalised))
        .toEqual([normalised, normalised, normalised, normalised]);
    }));
  });

  it('never lets through what a header, a list or an envelope could be broken with', () => {
    const hostile = fc.array(fc.oneof(fc.constantFrom('a', 'b.example', '@', '.', '\r', '\n', ' ', ',', ';', '<', '>', '"', '(', ':', '\u202e', '\u200d', '＠', '\0', '[', '\\'), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(fc.property(fc.oneof(hostile, hostile.map((t) => `${t}@biz.example`), hostile.map((t) => `ann@${t}.example`)), (typed) => {
      if (refusalOf(() => parseEmailAddress(typed)) !== null) return;
      const { address, normalised } = parseEmailAddress(typed);
      for (const form of [address, normalised]) {
        expect(form).toMatch(/^[^\s\p{C}\p{Default_Ignorable_Code_Point},;:<>()[\]"\\@]+@[^\s\p{C},;:<>()[\]"\\@]+$/u);
      }
      expect(parseEmailAddress(address).normalised).toBe(normalised);
      expect(parseEmailAddress(normalised).normalised).toBe(normalised);
    }), { numRuns: 500 });
  });
});
