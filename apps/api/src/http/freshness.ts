import { Injectable } from '@nestjs/common';
import { Streams } from '@rolebook/event-sourcing';
import { Problem } from './problems';

/** Names of read models. */
export type ReadModels = readonly string[];

/** How far the read models have come, on this node or from another process. */
export interface Progress {
  readonly position: number;
  /** Of the read models that are named; of all, where none are. */
  positionOf(readModels?: ReadModels): number;
  /** Whether the read models, or those that are named, reflect the log up to there, waiting at most so many milliseconds. */
  caughtUp(position: number, withinMs: number, of?: ReadModels): Promise<boolean>;
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

  /** @param of the read models it is read from; all, where none are named. @returns `null` where there is nothing to wait for. @throws {Problem} `behind`, by the promise */
  reached(asked: number, of?: ReadModels): Promise<void> | null {
    const needed = this.needed(asked);
    return this.progress.positionOf(of) >= needed ? null : this.wait(needed, of);
  }

  /** Whether the read models, or those that are named, have come that far within 2 seconds. */
  within(position: number, of?: ReadModels): Promise<boolean> {
    return this.progress.positionOf(of) >= position ? Promise.resolve(true) : this.progress.caughtUp(position, PATIENCE_MS, of);
  }

  private async wait(position: number, of?: ReadModels): Promise<void> {
    if (!(await this.progress.caughtUp(position, PATIENCE_MS, of))) throw new Problem('behind', undefined, { retryAfterSeconds: 1 });
  }
}
