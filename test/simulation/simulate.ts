import { createHash } from 'node:crypto';
import { Aftermath } from './aftermath';
import { judgeAnswers } from './answers';
import { normal } from './client';
import { Troubles } from './line';
import { NOTHING } from './model';
import { Past } from './past';
import { Process } from './process';
import { Random } from './random';
import type { Sabotage } from './sabotage';
import type { Script } from './script';
import { takeOverChance } from './seeded-chance';
import { World } from './world';

/** What came of a script. */
export interface Result {
  readonly violations: readonly string[];
  /** What happened, in order; the same for the same script. */
  readonly trace: readonly string[];
  readonly digest: string;
  readonly events: number;
  readonly answered: number;
}

const MOST_TURNS = 400_000;
const ADDRESSES = ['olive@example.com', 'ann@example.com', 'bea@example.com', 'cid@example.com', 'dan@bücher.example'];

/** Plays a script in one process, in simulated time, and judges what came of it. */
export async function simulate(script: Script, sabotage?: Sabotage): Promise<Result> {
  const giveChanceBack = takeOverChance(new Random(script.seed ^ 0xc4a7ce));
  try {
    const world = new World(script, sabotage);
    const giveTimersBack = world.schedule.takeOverTimers();
    const failures: string[] = [];
    try {
      let over = false;
      const story = world.play().catch((error: unknown) => { failures.push(`the simulation broke off: ${error instanceof Error ? error.stack : String(error)}`); }).finally(() => { over = true; });
      await world.schedule.run(() => over, MOST_TURNS);
      if (!over) failures.push('everybody waits, and nothing will ever happen');
      else await story;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    } finally {
      giveTimersBack();
    }
    return await judge(world, failures);
  } finally {
    giveChanceBack();
  }
}

async function judge(world: World, failures: readonly string[]): Promise<Result> {
  const { durable, asks, trace, businessId } = world;
  const log = await durable.events.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
  const inspector = await Process.start('api', { durable, schedule: { turn: async () => undefined, clock: world.schedule.clock }, random: new Random(1), troubles: new Troubles(), cached: 1000 });
  const streams = new Map(ADDRESSES.map(normal).map((address) => [`email-${businessId}-${inspector.secrets.emailHash(businessId, address)}`, address]));
  const past = new Past(asks, (stream) => streams.get(stream) ?? stream);
  past.walk(log);
  const violations = [...failures, ...past.violations, ...judgeAnswers(asks, past)];
  if (failures.length === 0) {
    const aftermath = new Aftermath(durable, inspector, businessId, past.states.at(-1) ?? NOTHING);
    violations.push(...await aftermath.look(world.troubles.ever).catch((error: unknown) => [`what is left cannot be looked at: ${error instanceof Error ? error.message : String(error)}`]));
  }
  inspector.die();
  const lines = [...trace, ...log.map(({ position, type }) => `${position} ${type}`)];
  return { violations, trace: lines, digest: createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16), events: log.length, answered: asks.filter(({ answer }) => answer.kind !== 'unknown').length };
}
