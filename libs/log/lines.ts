import { writeSync } from 'node:fs';

const STDOUT = 1;
const LONG = 32 * 1024;
const AFTER_MS = 100;

/** Lines on their way to the standard output, many at a time: a write for each would cost more than what it tells of. What is left goes out when the process ends. */
export class Lines {
  private waiting: string[] = [];
  private size = 0;
  private timer: NodeJS.Timeout | null = null;

  /** @param write takes several lines at once, each with its end */
  constructor(private readonly write: (text: string) => void = (text) => void process.stdout.write(text), endsWith: Pick<NodeJS.Process, 'once'> = process) {
    endsWith.once('exit', () => this.flushAtOnce());
  }

  add(line: string): void {
    this.waiting.push(line);
    this.size += line.length;
    if (this.size >= LONG) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), AFTER_MS).unref();
  }

  flush(): void {
    const text = this.taken();
    if (text !== '') this.write(text);
  }

  /** At the end of a process nothing asynchronous happens any more. */
  private flushAtOnce(): void {
    const text = this.taken();
    if (text === '') return;
    try {
      writeSync(STDOUT, text);
    } catch {
      // Nobody reads any more; there is nobody to tell either.
    }
  }

  private taken(): string {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const text = this.waiting.length === 0 ? '' : `${this.waiting.join('\n')}\n`;
    this.waiting = [];
    this.size = 0;
    return text;
  }
}
