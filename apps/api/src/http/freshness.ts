import { Injectable } from '@nestjs/common';
import { Streams } from '@rolebook/event-sourcing';
import { Problem } from './problems';

/** How far the read models have come, on this node or from another process. */
export interface Progress {
  readonly position: number;
  /** Whether the read models reflect the log up to there, waiting at most so many milliseconds. */
  caughtUp(position: number, withinMs: number): Promise<boolean>;
}

const PATIENCE_MS = 2_000;

/** Knows what this node has acknowledged, and waits until the read models show it. */
@Injectable()
export class Freshness {
  /** @param acknowledged up to where it was before this node was started */
  constructor(private readonly progress: Progress, streams: Streams, private acknowledged: number) {
    streams.onAppended((appended) => { for (const { position } of appended) if (position > this.acknowledged) this.acknowledged = position; });
  }

  /** The newest position known here: what a change that changed nothing answers with. */
  get latest(): number { return Math.max(this.acknowledged, this.progress.position); }

  /** Position that a read must show: what the request asks for, or what this node has acknowledged. */
  needed(asked: number): number {
    return Math.max(asked, this.acknowledged);
  }

  /** @returns `null` where there is nothing to wait for. @throws {Problem} `behind`, by the promise */
  reached(asked: number): Promise<void> | null {
    const needed = this.needed(asked);
    return this.progress.position >= needed ? null : this.wait(needed);
  }

  /** Whether the read models have come that far within 2 seconds. */
  within(position: number): Promise<boolean> {
    return this.progress.position >= position ? Promise.resolve(true) : this.progress.caughtUp(position, PATIENCE_MS);
  }

  private async wait(position: number): Promise<void> {
    if (!(await this.progress.caughtUp(position, PATIENCE_MS))) throw new Problem('behind', undefined, { retryAfterSeconds: 1 });
  }
}
