/**
 * The functional core of a feature: what may happen, and what it then means.
 *
 * Both functions are pure. Time, ids, hashes and randomness come in with the command.
 * After Jérémie Chassaing, "Functional Event Sourcing Decider" (2021).
 */
export interface Decider<Command, State, Event> {
  /** The state before anything has happened. */
  readonly initialState: State;
  /**
   * Whether the command may be carried out now, and which events that is.
   * @returns the new events in order; none where the command changes nothing.
   * @throws {DomainError} where a rule refuses the command.
   */
  decide(command: Command, state: State): readonly Event[];
  /** The state after the event. Never refuses: what has happened has happened. */
  evolve(state: State, event: Event): State;
}

/** The state after a history. */
export function fold<State, Event>(decider: Pick<Decider<never, State, Event>, 'evolve' | 'initialState'>, history: Iterable<Event>): State {
  let state = decider.initialState;
  for (const event of history) state = decider.evolve(state, event);
  return state;
}

/** Makes an incomplete switch a compile error, and an unknown value a loud one at run time. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
