import { visibleText } from '@rolebook/audit/proof';

/**
 * Rows under a head, columns aligned; the last column as long as it is. What comes from files or stores is shown, never
 * obeyed: control characters are written out.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(visibleText));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))));
  return cells.map((row) => `${row.map((cell, column) => pad(cell, column === row.length - 1 ? 0 : widths[column]!)).join('  ')}\n`).join('');
}

/** Names and values, one a line. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): string {
  const longest = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(longest)}  ${visibleText(value)}\n`).join('');
}

/** A whole number for people: `1,234,567`. */
export function count(n: number, noun?: readonly [one: string, many: string]): string {
  const digits = n.toLocaleString('en-US');
  return noun ? `${digits} ${noun[n === 1 ? 0 : 1]}` : digits;
}

function pad(cell: string, to: number): string {
  return cell + ' '.repeat(Math.max(0, to - width(cell)));
}

/** Columns that a text takes: marks that stand above or below a letter, as in Thai, take none. */
function width(text: string): number {
  return [...text.replace(/\p{Mn}/gu, '')].length;
}
