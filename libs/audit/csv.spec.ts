import fc from 'fast-check';
import type { AuditEntry } from './audit-entry';
import { auditCsvHead, auditCsvRecord, csvCell, csvRecord, writeAuditCsv, type CsvCell } from './csv';

/** A reader after the grammar of RFC 4180, section 2, written without looking at the writer. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  for (let record: string[] = []; cell.lastIndex < text.length;) {
    const [, quoted, bare, border] = cell.exec(text) ?? [];
    if (border === undefined) throw new Error('this is no CSV');
    record.push(quoted?.replaceAll('""', '"') ?? bare!);
    if (border === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

const isFormula = (cell: string): boolean => /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20\u2212]/u.test(cell);
/** Text with much of what is dangerous in it. */
const nasty = fc.array(fc.oneof(
  fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '\0', '\x1b[2J', '\x9b31m', '＝', '＋', '－', '＠', '−', '"', '""', ',', ';', "'", ' ', '\u00a0', '\u2028', '\u202e', '\ufeff', 'cmd|\' /C calc\'!A0', '1', 'สม'),
  fc.string({ unit: 'binary', maxLength: 4 }),
), { maxLength: 8 }).map((parts) => parts.join(''));
const cells = fc.array(fc.oneof(nasty, nasty, fc.constant(null), fc.integer({ min: 0 })), { minLength: 1, maxLength: 6 }) as fc.Arbitrary<CsvCell[]>;

describe('a CSV cell', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠1', '−1', ' =1', '\u00a0=1', '"=1"', "'=1"])('is no formula: %s', (text) => {
    expect(csvCell(text)).toBe(`"'${text.replaceAll('"', '""')}"`);
  });

  it.each([
    ['a\tb', '"a\\u0009b"'],
    ['\r=1', '"\\u000d=1"'],
    ['two\r\nlines', '"two\\u000d\\u000alines"'],
    ['\0', '"\\u0000"'],
    ['\x1b]0;title\x07', '"\\u001b]0;title\\u0007"'],
    ['\x9b2J', '"\\u009b2J"'],
    ['\u2028', '"\\u2028"'],
    ['gnp\u202eexe', '"gnp\\u202eexe"'],
    ['\ud800', '"\\ud800"'],
    ['a;=1+1', `"a;'=1+1"`],
  ])('has nothing that a program would act upon: %j', (text, expected) => {
    expect(csvCell(text)).toBe(expected);
  });

  it.each(['plain', 'a, b', 'สมชาย ใจดี', '👩‍🚀', '1-2', 'a=b', 'mail@example.com', "O'Brien"])('is left alone where it is harmless: %s', (text) => {
    expect(csvCell(text)).toBe(`"${text}"`);
  });

  it('holds quotation marks doubled, numbers bare and nothing empty', () => {
    expect(csvRecord(['say "hi"', 12, null, ''])).toBe('"say ""hi""",12,,""\r\n');
  });
});

describe('any CSV', () => {
  it('reads back as as many records and cells, none of them a formula or with a control character', () => {
    fc.assert(fc.property(fc.array(cells, { minLength: 1, maxLength: 5 }), (records) => {
      const read = parseCsv(records.map(csvRecord).join(''));
      expect(read.map((record) => record.length)).toEqual(records.map((record) => record.length));
      for (const cell of read.flat()) {
        expect(isFormula(cell)).toBe(false);
        expect(cell).not.toMatch(/\p{Cc}|\p{Surrogate}/u);
      }
    }), { numRuns: 500 });
  });

  it('reads back the very text where it was harmless', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'ก', ' ', '"', ',', "'", 'é', '😀', '(', '.') }).filter((text) => !/^["' ]*[=+@-]/.test(text));
    fc.assert(fc.property(fc.array(plain, { minLength: 1 }), (texts) => {
      expect(parseCsv(csvRecord(texts))).toEqual([texts]);
    }));
  });

  it('has no formula either where a spreadsheet cuts at semicolons, quotation marks or not', () => {
    fc.assert(fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (texts) => {
      for (const piece of csvRecord(texts).split(';').slice(1)) expect(isFormula(piece.replace(/^[\s"]+/, ''))).toBe(false);
    }), { numRuns: 500 });
  });
});

describe('an audit export as CSV', () => {
  const entry: AuditEntry = {
    id: 'e1', position: 7, at: '2026-11-24T09:30:00.000Z', action: 'user.role-changed',
    actor: { type: 'user', id: 'u1', displayName: '=HYPERLINK("http://x")' }, user: { id: 'u2', displayName: 'Ann' },
    changes: [{ field: 'role', from: 'crew', to: 'sales' }, { field: 'phone', from: null, to: '+66 2' }], reason: null,
    context: { ip: '192.0.2.1', device: 'Chrome on macOS', sessionId: null, requestId: 'r1' },
  };

  it('has a column for everything in the entry', () => {
    const [head, record] = parseCsv(auditCsvHead + auditCsvRecord(entry)) as [string[], string[]];
    expect(Object.fromEntries(head.map((name, i) => [name, record[i]]))).toEqual({
      id: 'e1', position: '7', at: entry.at, action: 'user.role-changed', actorType: 'user', actorId: 'u1', actorName: `'=HYPERLINK("http://x")`,
      userId: 'u2', userName: 'Ann', changes: 'role: "crew" -> "sales"; phone: null -> "+66 2"', reason: '', ip: '192.0.2.1', device: 'Chrome on macOS', sessionId: '', requestId: 'r1',
    });
  });

  it('is written page by page, without waiting for the last', async () => {
    let asked = 0;
    const pages = (function* () { for (;;) { asked++; yield [entry, entry]; } })();
    const chunks = writeAuditCsv(pages);
    expect((await chunks.next()).value).toEqual([`\ufeff${auditCsvHead}`]);
    expect((await chunks.next()).value).toEqual([auditCsvRecord(entry), auditCsvRecord(entry)]);
    expect(asked).toBe(1);
    await chunks.return();
  });

  it('has empty cells where nobody is meant', () => {
    const [record] = parseCsv(auditCsvRecord({ ...entry, user: null, actor: { type: 'system', id: null, displayName: null } })) as [string[]];
    expect(record.slice(4, 9)).toEqual(['system', '', '', '', '']);
  });
});
