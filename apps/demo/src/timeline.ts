/** What happened, line by line as it does, and tables in between. */
export class Timeline {
  private step = 0;

  constructor(private readonly write: (text: string) => void) {}

  chapter(title: string): void {
    this.write(`\n${title}\n${'-'.repeat(width(title))}\n`);
  }

  /** @param answer what the service said, such as `201` or `409 email-taken` */
  line(who: string, what: string, answer: string): void {
    this.write(`${String(++this.step).padStart(3)}  ${pad(who, 18)}  ${pad(what, 62)}  ${answer}\n`);
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => width(row[column] ?? ''))));
    for (const row of [head, widths.map((columns) => '-'.repeat(columns)), ...rows]) this.write(`     ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join('  ').trimEnd()}\n`);
  }

  note(text: string): void {
    this.write(`     ${text}\n`);
  }

  get steps(): number { return this.step; }
}

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}

/** Columns on a terminal: the marks above and below Thai letters take none. */
function width(text: string): number {
  return [...text.replace(/\p{Mn}/gu, '')].length;
}
