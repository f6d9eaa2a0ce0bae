import { isUuid } from '@rolebook/kernel';
import type { EventToAppend, ExpectedRevision } from './port';

declare global {
  interface String {
    /** In Node since 20.0, in TypeScript's libraries since ES2024. */
    isWellFormed(): boolean;
  }
}

/**
 * What every adapter refuses before it touches the log, so that none stores what another could not give back.
 * @throws {RangeError} for a caller's mistake: no events, an id that is no UUID or stands there twice,
 * an empty name, text that is not well-formed Unicode, or a revision that is none
 */
export function checkAppend(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): void {
  checkName('stream', stream);
  if (expected !== 'any' && expected !== 'no-stream') checkWhole('expected revision', expected);
  if (events.length === 0) throw new RangeError(`nothing to append to stream ${stream}`);
  for (const event of events) {
    if (!isUuid(event.id)) throw new RangeError(`event id is no lower-case UUID: ${event.id}`);
    checkName('event type', event.type);
    checkText('event data', event.data);
    checkText('event metadata', event.metadata);
  }
  if (events.length > 1 && new Set(events.map(({ id }) => id)).size < events.length) throw new RangeError(`an event id stands twice in one append to stream ${stream}`);
}

/** @throws {RangeError} unless `value` is a whole number from 0 that JavaScript holds exactly */
export function checkWhole(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be a whole number from 0, not ${String(value)}`);
}

function checkName(what: string, value: string): void {
  if (value === '') throw new RangeError(`${what} must not be empty`);
  checkText(what, value);
}

/** A surrogate without its other half would come back changed: no UTF-8 can hold it. */
function checkText(what: string, value: string): void {
  if (!value.isWellFormed()) throw new RangeError(`${what} is not well-formed Unicode`);
}
