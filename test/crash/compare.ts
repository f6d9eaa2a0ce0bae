import type { Answered, Entry, Mark } from './journal';

/** An event as far as it matters here. */
export interface Fact extends Mark {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
}

/** What is wrong, a sentence each. */
export interface Findings {
  /** Acknowledged, and not in the log. */
  readonly lost: readonly string[];
  /** Asked for once, and in the log more than once. */
  readonly doubled: readonly string[];
  readonly otherwise: readonly string[];
}

/** Every event of these types was asked for by a client. */
export const WATCHED: ReadonlySet<string> = new Set([
  'UserInvited', 'InvitationWithdrawn', 'InvitationAccepted', 'ProfileEdited', 'RoleChanged', 'PermissionOverridden', 'UserDeactivated', 'UserReactivated',
  'SessionsRevoked', 'SessionStarted',
]);

interface Count { acknowledged: number; unknown: number; found: number; readonly asked: string[] }

/**
 * Holds what clients were told against what is in the log: everything acknowledged is there once; what nobody knows of is there once or not at all;
 * nothing else is there. The log itself has no gaps, and nothing twice.
 */
export function compare(journal: readonly Entry[], log: readonly Fact[]): Findings {
  const counts = new Map<string, Count>();
  const countOf = (mark: Mark) => {
    const key = JSON.stringify([mark.type, mark.type === 'UserInvited' ? null : mark.userId, mark.text]);
    const count = counts.get(key) ?? { acknowledged: 0, unknown: 0, found: 0, asked: [] };
    counts.set(key, count);
    return count;
  };
  for (const { asked, answers } of journal) {
    const count = countOf(asked.mark);
    count.asked.push(`request ${asked.n}, ${asked.method} ${asked.path} (${asked.mark.text})`);
    if (answers.length === 0) count.unknown++;
    else if (isDone(answers[0]!)) count.acknowledged++;
  }
  for (const fact of log) if (WATCHED.has(fact.type)) countOf(fact).found++;
  const findings = { lost: [] as string[], doubled: [] as string[], otherwise: [...brokenOrder(log), ...journal.flatMap(wrongAnswers)] };
  for (const [key, { acknowledged, unknown, found, asked }] of counts) {
    if (found < acknowledged) findings.lost.push(`${asked.join(' and ')} was acknowledged ${acknowledged} times and is ${found} times in the log`);
    else if (asked.length === 0) findings.otherwise.push(`${key} is in the log ${found} times, and nobody asked for it`);
    else if (found > asked.length) findings.doubled.push(`${asked.join(' and ')} is ${found} times in the log`);
    else if (found > acknowledged + unknown) findings.otherwise.push(`${asked.join(' and ')} was refused, and is in the log all the same`);
  }
  return findings;
}

export const isDone = ({ status }: Pick<Answered, 'status'>): boolean => status >= 200 && status < 300;

/** Nothing stands in the way of what clients ask for here, so a refusal is wrong; and sent again, a request is answered as it was. */
function wrongAnswers({ asked, answers: [first, ...later] }: Entry): string[] {
  if (!first) return [];
  const what = `request ${asked.n}, ${asked.method} ${asked.path} (${asked.mark.text})`;
  if (!isDone(first)) return [`${what} was refused: ${first.status} ${JSON.stringify(first.body)}`];
  return later.filter(({ status, body }) => status !== first.status || JSON.stringify(body) !== JSON.stringify(first.body))
    .map(({ status, body }) => `${what} was answered ${first.status} ${JSON.stringify(first.body)} at first, and ${status} ${JSON.stringify(body)} when it was sent again`);
}

function brokenOrder(log: readonly Fact[]): string[] {
  const found: string[] = [];
  const ids = new Set<string>();
  const revisions = new Map<string, number>();
  for (const [index, { id, stream, revision, position }] of log.entries()) {
    if (position !== index + 1) found.push(`the log has position ${position} in the place of ${index + 1}`);
    if (ids.has(id)) found.push(`the log has event ${id} twice`);
    ids.add(id);
    const expected = (revisions.get(stream) ?? -1) + 1;
    if (revision !== expected) found.push(`stream ${stream} has revision ${revision} in the place of ${expected}`);
    revisions.set(stream, revision);
  }
  return found;
}
