import { timestamp } from '@rolebook/kernel';
import type { LoggedEvent } from '../port';
import type { RecordedEvent } from './messages';

/**
 * `created` is the clock of whichever node was the leader, so after a change of leader, or of the clock, it can be less than
 * before. Along one walk through the log, each event gets the latest `created` so far instead.
 */
export class RisingTime {
  constructor(private latestMs = 0) {}

  get latest(): number {
    return this.latestMs;
  }

  /** Must be given the events in the order of the log. */
  stamp({ createdMs, ...event }: RecordedEvent): LoggedEvent {
    this.latestMs = Math.max(this.latestMs, createdMs);
    return { ...event, recordedAt: timestamp(this.latestMs) };
  }
}

/** Where recent walks stopped, so that the next page goes on with their time. */
export class TimeMarks {
  private static readonly CAPACITY = 64;
  private readonly marks = new Map<number, number>();

  /** `undefined` where no recent walk stopped there. */
  at(position: number): RisingTime | undefined {
    const latest = this.marks.get(position);
    return latest === undefined ? undefined : new RisingTime(latest);
  }

  keep(position: number, { latest }: RisingTime): void {
    this.marks.delete(position);
    this.marks.set(position, latest);
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= TimeMarks.CAPACITY) return;
      this.marks.delete(oldest);
    }
  }
}
