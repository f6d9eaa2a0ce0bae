import { fold, type Decider } from './decider';
import { DomainError } from './domain-error';

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
        /** Refused with this stable code. */
        thenRefused(code: string): void {
          expect({ refusedWith: outcome.refusal instanceof DomainError ? outcome.refusal.code : outcome.refusal, events: outcome.events })
            .toEqual({ refusedWith: code, events: undefined });
        },
      };
    },
  };
}

function attempt<T>(work: () => T): { events?: T; refusal?: unknown } {
  try {
    return { events: work() };
  } catch (refusal) {
    return { refusal };
  }
}
