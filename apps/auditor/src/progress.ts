import { count } from './table';
import type { Terminal } from './terminal';

/**
 * Says on `err` how far long work has come: on a terminal in one line that is written over, elsewhere in a new line now and
 * then, and not at all where the work is short.
 */
export class Progress {
  private readonly began: number;
  private spoke: number;
  private shown = 0;

  /** @param now milliseconds */
  constructor(private readonly terminal: Terminal, private readonly doing: string, private readonly now: () => number = Date.now) {
    this.began = this.spoke = now();
  }

  /** @param share of the work that is done, 0 to 1, where it is known */
  report(done: number, share?: number): void {
    const now = this.now();
    if (now - this.spoke < (this.terminal.isInteractive ? 200 : 10_000)) return;
    this.spoke = now;
    const text = `${this.doing}: ${count(done)}${share === undefined ? '' : `, ${Math.floor(100 * share)} %`}, ${Math.round((now - this.began) / 1000)} s`;
    this.terminal.err(this.terminal.isInteractive ? `\r${text.padEnd(this.shown)}` : `${text}\n`);
    this.shown = text.length;
  }

  /** Takes the line away again. */
  end(): void {
    if (this.terminal.isInteractive && this.shown > 0) this.terminal.err(`\r${' '.repeat(this.shown)}\r`);
    this.shown = 0;
  }
}
