/** Something that does not hold, and where. */
export interface Problem {
  /** Line of the export, from 1; `null` where it is about no line, such as the checkpoint. */
  readonly line: number | null;
  readonly what: string;
}

/** The problems found: the first ones kept, all counted, so that a ruined file needs no more memory than a sound one. */
export class Problems {
  readonly kept: Problem[] = [];
  count = 0;

  constructor(private readonly most: number) {}

  add(line: number | null, what: string): void {
    this.count++;
    if (this.kept.length < this.most) this.kept.push({ line, what });
  }
}
