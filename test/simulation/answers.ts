import type { Ask } from './ask';
import { after, type Deed, type State } from './model';
import { isOpen, isShut, objections } from './objections';
import type { Past } from './past';

/** An address is kept for an invitation that is being made. */
const IN_THE_MAKING_MS = 10_000;

/** By so much the clock may be put forward while a request is looked at. */
const CLOCK_JUMPS_MS = 2 * 3600_000;

/** Whether every answer was the truth. */
export function judgeAnswers(asks: readonly Ask[], past: Past): string[] {
  return asks.flatMap((ask) => {
    const wrong = judge(ask, past);
    return wrong === null ? [] : [`request ${ask.n} (${JSON.stringify([...ask.commands.values()].at(-1)?.deed ?? 'never begun')} by ${JSON.stringify(ask.by)}) ${wrong}`];
  });
}

function judge(ask: Ask, past: Past): string | null {
  const carriedOut = past.carriedOut.get(ask);
  switch (ask.answer.kind) {
    case 'unknown': return null;
    case 'broken': return `broke the service: ${ask.answer.error instanceof Error ? ask.answer.error.stack : String(ask.answer.error)}`;
    case 'done': return judgeDone(ask, carriedOut, past);
    case 'refused': return judgeRefused(ask, ask.answer.code, carriedOut, past);
  }
}

function judgeDone(ask: Ask, carriedOut: number | undefined, past: Past): string | null {
  const until = carriedOut === undefined ? ask.endedAt : carriedOut - 1;
  const at = [...ask.commands.values()].at(-1)?.at ?? 0;
  if (ask.by) {
    const { sessionId } = ask.by;
    if (!states(past, Math.min(ask.toldAt, until, ...unheard(ask, past)), until).some((state) => isOpen(state, sessionId, at))) return 'was let in with a session that had ended';
  }
  if (carriedOut !== undefined) return carriedOut > ask.endedAt ? 'was acknowledged before it was done' : null;
  const needless = states(past, ask.startedAt, ask.endedAt).some((state) => [...ask.commands.values()].some(({ deed, at }) =>
    changesNothing(state, deed, at) && [...objections({ deed, by: ask.by, at }, state, state)].every((code) => deed.type === 'refresh' && code === 'refresh-token-reused')));
  return needless ? null : 'was acknowledged, and nothing has come of it';
}

function judgeRefused(ask: Ask, code: string, carriedOut: number | undefined, past: Past): string | null {
  // Sent again after nobody knew: the session may have ended since, and then nobody is told.
  if (code === 'unauthenticated' && ask.sends > 1) return null;
  const deeds = [...ask.commands.values()];
  const seen = states(past, ask.startedAt, ask.endedAt);
  if (code === 'unauthenticated' && ask.by) {
    const { sessionId } = ask.by;
    return seen.some((state) => isShut(state, sessionId, ask.sentAt + CLOCK_JUMPS_MS)) ? null : 'was refused an open session';
  }
  if (carriedOut !== undefined && code !== 'refresh-token-reused') return `was refused (${code}), and yet it was done`;
  if (deeds.length === 0) return `was refused (${code}) before anybody looked at it`;
  const unwritten = code === 'invalid-credentials' ? unwrittenRefusal(ask, seen, past) : null;
  if (unwritten !== null) return `was refused (${code}), ${unwritten}`;
  const justified = deeds.some(({ deed, at }) => seen.some((actor) => seen.some((target) => objections({ deed, by: ask.by, at, inDoubt: true }, actor, target).has(code))) || forNow(code, deed, at, ask, past));
  return justified ? null : `was refused (${code}) without a reason`;
}

/**
 * A wrong password is written down, once an attempt. A key is free again once a request was refused so: where that answer was lost, the next one
 * is another attempt, with a command of its own.
 */
function unwrittenRefusal(ask: Ask, seen: readonly State[], past: Past): string | null {
  const ids = [...ask.commands.keys()];
  const written = ids.map((id) => past.refusalsWritten.get(id) ?? 0);
  const deed = ask.commands.get(ids.at(-1) ?? '')?.deed;
  // It was right when it was looked at, and somebody changed it before it was used.
  const overtaken = deed?.type === 'password' && seen.some(({ people }) => people.get(deed.userId)?.password === deed.current);
  if (written.some((times) => times > 1)) return 'and that was written down more than once';
  return written.at(-1) === 1 || overtaken ? null : 'and that was not written down';
}

/**
 * Positions before what had happened when a request was sent, of which nobody had been told and the log had not said it to this process either: a session
 * may have ended so, and it is let in once more.
 */
function unheard({ unanswered, startedAt, heardUpTo }: Ask, past: Past): number[] {
  return unanswered.flatMap((other) => {
    const position = past.carriedOut.get(other);
    return position === undefined || position > startedAt || position <= heardUpTo ? [] : [position - 1];
  });
}

/** Reasons that pass: an address that is being given to somebody, a Super Admin who is not counted as one yet. */
function forNow(code: string, deed: Deed, at: number, ask: Ask, past: Past): boolean {
  if (code === 'email-taken' && deed.type === 'invite') {
    return past.reservations.some(({ address, userId, since, position }) => address === deed.address && userId !== deed.userId && position <= ask.endedAt && at - since < IN_THE_MAKING_MS);
  }
  if (code === 'last-super-admin' && 'userId' in deed) {
    return past.listed.slice(ask.startedAt, ask.endedAt + 1).some((listed) => ![...listed].some((id) => id !== deed.userId));
  }
  return false;
}

function changesNothing(state: State, deed: Deed, at: number): boolean {
  if (deed.type === 'refresh') return state.sessions.get(deed.sessionId)?.refreshed === deed.generation + 1; // two at once, one client
  const next = after(state, deed, at);
  const certain = ([id]: readonly [string, unknown]) => state.sessions.get(id)?.state !== 'either';
  const facts = ({ people, sessions, policy }: State) => JSON.stringify([[...people.values()].map(({ reset: _, ...person }) => person), [...sessions].filter(certain), policy]);
  return deed.type === 'ask-reset' ? JSON.stringify([...next.people]) === JSON.stringify([...state.people]) : facts(next) === facts(state);
}

function states(past: Past, from: number, to: number): readonly State[] {
  return past.states.slice(from, to + 1);
}
