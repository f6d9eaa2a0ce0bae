import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { fold, type Decider } from './decider';
import { DomainError } from './domain-error';
import type { DomainEvent } from './domain-event';
import type { AuditChange, EventDefinitions } from './event-definition';

/**
 * Specifications of deciders: given a history, when a command, then exactly these events, or this refusal.
 * @example given(userDecider, invited).when(accept).then([{ type: 'InvitationAccepted', data: {...} }]);
 */
export function given<Command, State, Event>(decider: Decider<Command, State, Event>, ...history: Event[]) {
  const state = fold(decider, history);
  return {
    state,
    when(command: Command) {
      const outcome = attempt(() => decider.decide(command, state));
      return {
        /** The whole list of events, in order; nothing more, nothing less. */
        then(expected: readonly Event[]): void {
          if (outcome.refusal) throw outcome.refusal;
          expect(outcome.events).toEqual(expected);
        },
        /** Nothing happens, and nothing is refused. */
        thenNothing(): void {
          if (outcome.refusal) throw outcome.refusal;
          expect(outcome.events).toEqual([]);
        },
        /** Refused with this stable code, and with a sentence that tells a person why. */
        thenRefused(code: string): void {
          const { refusal } = outcome;
          expect({ refusedWith: refusal instanceof DomainError ? refusal.code : refusal, events: outcome.events }).toEqual({ refusedWith: code, events: undefined });
          expect((refusal as DomainError).message).toMatch(SENTENCE);
        },
      };
    },
  };
}

/**
 * All that the rest of the system knows of an event's type, tried on one: how it reads in the audit log, whom it is about, what of it is
 * sealed and what that reads as after an erasure. These are part of the contract with auditors, so specs spell them out.
 */
export function definitionOf<Event extends DomainEvent>(definitions: EventDefinitions<Event>, event: Event) {
  const { action, user, sealed, changes } = definitions[event.type as Event['type']];
  return { action, user, sealed, changes: (changes as (data: object) => readonly AuditChange[])(event.data) };
}

/** What a person can be shown. */
const SENTENCE = /^[A-Z].*\w\.$/;

function attempt<T>(work: () => T): { events?: T; refusal?: unknown } {
  try {
    return { events: work() };
  } catch (refusal) {
    return { refusal };
  }
}

/**
 * How many shapes (hidden classes of V8) some objects are of, each told from the one before. Objects that are made in one place should be of one, or every field of
 * every one of them is looked up by name: a literal that begins with a spread and adds fields to it gives each object a shape of its own (docs/performance.md, "shapes").
 */
export function shapesOf(objects: readonly object[]): number {
  setFlagsFromString('--allow-natives-syntax');
  const isSame = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
  return objects.filter((object, n) => n === 0 || !isSame(object, objects[n - 1] as object)).length;
}
