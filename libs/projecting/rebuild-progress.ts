import type { EventStore } from '@rolebook/event-store';
import { CannotGoOn } from './folding-store';
import type { ParkedStream, ReadModel } from './read-model';

/** How far a rebuild has come. */
export interface Progress {
  /** See {@link definitionOf}. */
  readonly definition: string;
  /** Of the last event that was applied. */
  readonly position: number;
  readonly eventId: string;
  /** How many were. */
  readonly events: number;
  readonly parked: readonly ParkedStream[];
}

/** What a read model is, as far as it says itself: another name, other fields or other events make another text. What else changes raises the version in its name. */
export function definitionOf({ name, checkpointIn, rebuild: { handles, looksAtSealed, writtenOnce } }: ReadModel): string {
  return JSON.stringify({ name, checkpointIn, handles: handles === '*' ? handles : [...handles].sort(), looksAtSealed, writtenOnce });
}

export function noteOf(progress: Progress): string {
  return JSON.stringify(progress);
}

/**
 * How far the rebuild had come that left this note.
 * @param definition of the read model that is to be rebuilt now
 * @throws {CannotGoOn} where it was of another one, or of another log: one that was cut off since, or put back from a backup
 */
export async function goneOnWith(note: string, definition: string, log: Pick<EventStore, 'readAt'>): Promise<Progress> {
  const progress = JSON.parse(note) as Progress;
  if (progress.definition !== definition) throw new CannotGoOn('it was made by another definition of the read model');
  const [event] = await log.readAt([progress.position]);
  if (!event) throw new CannotGoOn(`it was made of a longer log: this one has no event at position ${progress.position}`);
  if (event.id !== progress.eventId) throw new CannotGoOn(`it was made of another log: at position ${progress.position} it had another event`);
  return progress;
}
