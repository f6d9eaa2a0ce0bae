import type { StoreName, Trouble } from './line';
import { Random } from './random';

/** What a client does next. Numbers choose among what it knows by then, so that a step means something whatever was left out before it. */
export const ACTIONS = [
  'invite', 'invite', 'invite', 'accept', 'accept', 'accept', 'sign-in', 'sign-in', 'sign-in', 'role', 'role', 'override', 'override', 'deactivate', 'deactivate', 'reactivate', 'reactivate',
  'resend', 'withdraw', 'rename', 'rename', 'refresh', 'sign-out', 'revoke', 'revoke-all', 'password', 'ask-reset', 'reset', 'policy',
] as const;
export type Action = (typeof ACTIONS)[number];

export type Step =
  /** `alone`: nothing else is begun before it is answered. */
  | { readonly kind: 'ask'; readonly action: Action; readonly session: number; readonly a: number; readonly b: number; readonly c: number; readonly process: number; readonly alone: boolean }
  | { readonly kind: 'crash'; readonly process: number }
  | { readonly kind: 'trouble'; readonly store: StoreName; readonly trouble: Trouble; readonly forMs: number }
  | { readonly kind: 'flaky'; readonly perMille: number; readonly forMs: number }
  | { readonly kind: 'clock'; readonly shiftMs: number }
  | { readonly kind: 'pause'; readonly forMs: number };

export interface Script {
  readonly seed: number;
  /** Embedded: one process that does all; else two that answer and one that follows. */
  readonly embedded: boolean;
  /** States and sessions that a process keeps in memory. */
  readonly cached: number;
  readonly steps: readonly Step[];
}

const STORES: readonly StoreName[] = ['events', 'documents', 'operational', 'keys', 'mail'];
const HOUR = 3600_000;

export function scriptOf(seed: number): Script {
  const chance = new Random(seed);
  const calm = chance.perMille(300);
  const length = 20 + chance.int(40);
  return { seed, embedded: chance.perMille(500), cached: chance.pick([3, 20, 1000]), steps: Array.from({ length }, () => stepOf(chance, calm)) };
}

function stepOf(chance: Random, calm: boolean): Step {
  const what = calm ? 200 + chance.int(800) : chance.int(1000);
  if (what < 50) return { kind: 'crash', process: chance.int(3) };
  if (what < 90) return { kind: 'trouble', store: chance.pick(STORES), trouble: chance.pick(['away', 'full'] as const), forMs: 50 + chance.int(4000) };
  if (what < 130) return { kind: 'flaky', perMille: chance.pick([20, 60, 150]), forMs: 100 + chance.int(4000) };
  if (what < 200) return { kind: 'clock', shiftMs: chance.pick([HOUR, -HOUR, 1000, -1000, 20_000, 8 * 24 * HOUR]) };
  if (what < 240) return { kind: 'pause', forMs: chance.pick([10, 200, 3000, 12_000]) };
  return { kind: 'ask', action: chance.pick(ACTIONS), session: chance.int(64), a: chance.int(64), b: chance.int(64), c: chance.int(64), process: chance.int(2), alone: chance.perMille(450) };
}
