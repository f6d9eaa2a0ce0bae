import type { AuditEntry } from './audit-entry';
import { visibleText } from './visible-text';

/**
 * CSV after RFC 4180 that is safe to open in a spreadsheet. CSV is for people: what is exact is the NDJSON export.
 */
export type CsvCell = string | number | null;

/** Says that the file is UTF-8; without it, spreadsheets read Thai names in the machine's old code page. */
export const BYTE_ORDER_MARK = '\ufeff';

/** Characters that make a cell a formula: = + - @, their full-width forms, and the minus sign that some programs read as one. */
const FORMULA = '=+\\-@\uff1d\uff0b\uff0d\uff20\u2212';
/**
 * A formula at the start of a cell, white space before it or not, and after a semicolon: where the decimal mark is a comma,
 * spreadsheets cut at semicolons, even inside quotation marks.
 */
const STARTS_FORMULA = new RegExp(`(^|;)([\\s"']*)(?=[${FORMULA}])`, 'gu');

/** One cell. Texts are always quoted; `null` is empty; numbers stand as they are. */
export function csvCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return `"${harmless(value).replaceAll('"', '""')}"`;
}

/** One record with its line break (CR LF, RFC 4180 section 2.1). */
export function csvRecord(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Text that is no formula and no line break, wherever it is opened: formulas get an apostrophe before them, control characters are written out. */
function harmless(text: string): string {
  return visibleText(text).replace(STARTS_FORMULA, "$1'$2");
}

const COLUMNS: readonly [name: string, cell: (entry: AuditEntry) => CsvCell][] = [
  ['id', ({ id }) => id],
  ['position', ({ position }) => position],
  ['at', ({ at }) => at],
  ['action', ({ action }) => action],
  ['actorType', ({ actor }) => actor.type],
  ['actorId', ({ actor }) => actor.id],
  ['actorName', ({ actor }) => actor.displayName],
  ['userId', ({ user }) => user && user.id],
  ['userName', ({ user }) => user && user.displayName],
  ['changes', ({ changes }) => changes.map(({ field, from, to }) => `${field}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`).join('; ')],
  ['reason', ({ reason }) => reason],
  ['ip', ({ context }) => context.ip],
  ['device', ({ context }) => context.device],
  ['sessionId', ({ context }) => context.sessionId],
  ['requestId', ({ context }) => context.requestId],
];

/** The head of an export of audit entries, and the record of each entry. */
export const auditCsvHead: string = csvRecord(COLUMNS.map(([name]) => name));

export function auditCsvRecord(entry: AuditEntry): string {
  return csvRecord(COLUMNS.map(([, cell]) => cell(entry)));
}

/** A whole CSV export, the records of a page of entries at a time, in flat memory. */
export async function* writeAuditCsv(pages: AsyncIterable<readonly AuditEntry[]> | Iterable<readonly AuditEntry[]>): AsyncGenerator<readonly string[], void, void> {
  yield [BYTE_ORDER_MARK + auditCsvHead];
  for await (const page of pages) yield page.map(auditCsvRecord);
}
