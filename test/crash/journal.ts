import { appendFileSync, readFileSync } from 'node:fs';

/** How a request shows in the log once it is carried out: one event of this type. */
export interface Mark {
  readonly type: string;
  /** Whom it is about; `null` where that is not known before (a new user). */
  readonly userId: string | null;
  /** What the event says in the client's own words, such as a reason that no other request gives; empty: such requests cannot be told apart. */
  readonly text: string;
}

/** A request, before it was sent for the first time. */
export interface Asked {
  readonly line: 'asked';
  readonly n: number;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Idempotency-Key; `null`: it cannot be sent again. */
  readonly key: string | null;
  readonly mark: Mark;
}

/** An answer to it, however often it was sent. No line: nobody knows what became of it. */
export interface Answered {
  readonly line: 'answered';
  readonly n: number;
  readonly status: number;
  readonly body: unknown;
}

export type Line = Asked | Answered;

/** A request and everything that was answered to it, in order. */
export interface Entry {
  readonly asked: Asked;
  readonly answers: readonly Answered[];
}

/** What clients have been told, one JSON text a line in a file: a line is there before the request goes out, and before the answer is believed. */
export class Journal {
  private count = 0;

  constructor(private readonly file: string) {}

  asks(request: Omit<Asked, 'line' | 'n'>): Asked {
    const asked: Asked = { line: 'asked', n: ++this.count, ...request };
    this.write(asked);
    return asked;
  }

  answers(n: number, status: number, body: unknown): void {
    this.write({ line: 'answered', n, status, body });
  }

  /** Everything in the file. */
  read(): Entry[] {
    const entries = new Map<number, { asked: Asked; answers: Answered[] }>();
    for (const text of readFileSync(this.file, 'utf8').split('\n')) {
      if (text === '') continue;
      const line = JSON.parse(text) as Line;
      if (line.line === 'asked') entries.set(line.n, { asked: line, answers: [] });
      else entries.get(line.n)!.answers.push(line);
    }
    return [...entries.values()];
  }

  private write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
