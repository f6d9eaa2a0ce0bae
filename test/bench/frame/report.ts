import { reached, type Figure, type Line } from './figures';

export interface Outcome {
  readonly row: string;
  readonly lines: readonly Line[];
  /** Why there are none. */
  readonly failure: string | null;
  /** The row was not run, for want of a server or the like, and that is all right. */
  readonly wasNotRun?: boolean;
}

/** The table, for people: GitHub's Markdown. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ row, lines, failure, wasNotRun }) =>
    failure === null
      ? lines.map((line, index) => [index === 0 ? row : '', line.what, line.yardstick ?? '', line.ours, valueOf(line), goalOf(line), verdict(line)])
      : [[row, `${wasNotRun ? 'not run' : 'void'}: ${failure}`, '', '', '', '', wasNotRun ? 'not run' : 'void']]);
  const cells = [['Row', 'What', 'Yardstick', 'Ours', 'Value (spread)', 'To reach', ''], ...rows];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(cells[0] as string[]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.slice(1).map(line)].join('\n');
}

function valueOf({ value, unit }: Line): string {
  return `${spread(value)} ${unit}`;
}

function spread({ median, min, max }: Figure): string {
  return min === max ? short(median) : `${short(median)} (${short(min)}-${short(max)})`;
}

function short(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function goalOf({ goal, unit }: Line): string {
  if (goal === null) return '';
  return 'atLeast' in goal ? `>= ${short(goal.atLeast)} ${unit}` : `<= ${short(goal.atMost)} ${unit}`;
}

function verdict(line: Line): string {
  const isReached = reached(line);
  if (isReached === null || line.goal === null) return '';
  if (isReached) return 'reached';
  const wanted = 'atLeast' in line.goal ? line.goal.atLeast : line.goal.atMost;
  return `missed by ${Math.round(Math.abs(line.value.median / wanted - 1) * 100)} %`;
}
