import fc from 'fast-check';
import { PermissionTexts } from './permission-texts';

const BUSINESS = 'b1';
const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const userStream = (n: number) => `user-${BUSINESS}-${id(n)}`;

/** A read model of texts that says who is in them and how many of their events it shows. */
class World {
  readonly progress = { position: 10, positionOf: () => this.progress.position };
  shown = new Map<number, number>();
  loads = 0;
  readonly texts = new PermissionTexts({
    explained: async (businessId, userId) => {
      this.loads++;
      if (businessId !== BUSINESS) return null;
      const n = Number(userId.slice(-12));
      return { explanation: { modules: { user: this.shown.get(n) ?? 0, giver: this.shown.get(n + 1) ?? 0 } } as never, involved: [id(n + 1)] };
    },
  }, this.progress);

  /** The log goes on; the read model shows it and the memory is told, in whatever order. */
  happened(n: number, position: number) { this.texts.delivered([{ stream: userStream(n), position }]); }
  shows(n: number, position: number) {
    this.shown.set(n, position);
    this.progress.position = position;
  }
}

async function loaded(n = 1): Promise<World> {
  const world = new World();
  world.texts.follow(10);
  await world.texts.load(BUSINESS, id(n));
  return world;
}

describe('texts of permissions in memory', () => {
  it('gives what was loaded before', async () => {
    const { texts } = await loaded();
    expect(texts.peek(BUSINESS, id(1), 10)).toBe('{"modules":{"user":0,"giver":0}}');
    expect(texts.peek(BUSINESS, id(2), 10)).toBeUndefined();
  });

  it('knows nobody of another business', async () => {
    const { texts } = await loaded();
    expect(texts.peek('b2', id(1), 10)).toBeUndefined();
    expect(await texts.load('b2', id(1))).toBeNull();
  });

  it.each([['the user', 1], ['somebody whose name is in it', 2]])('forgets with the next event of %s', async (_, n) => {
    const world = await loaded();
    world.happened(n, 11);
    expect(world.texts.peek(BUSINESS, id(1), 11)).toBeUndefined();
  });

  it('goes on giving it after an event of others', async () => {
    const world = await loaded();
    world.happened(3, 11);
    world.texts.delivered([{ stream: `session-${BUSINESS}-${id(1)}`, position: 12 }]);
    expect(world.texts.peek(BUSINESS, id(1), 12)).toBeDefined();
  });

  it('gives nothing to whoever must see more than was told of', async () => {
    const { texts } = await loaded();
    expect(texts.peek(BUSINESS, id(1), 11)).toBeUndefined();
  });

  it('keeps nothing that a late read model said', async () => {
    const world = await loaded();
    world.happened(1, 11);
    await world.texts.load(BUSINESS, id(1)); // shows position 10 still
    expect(world.texts.peek(BUSINESS, id(1), 11)).toBeUndefined();
    world.shows(1, 11);
    await world.texts.load(BUSINESS, id(1));
    expect(world.texts.peek(BUSINESS, id(1), 11)).toBe('{"modules":{"user":11,"giver":0}}');
  });

  it('gives and keeps nothing while the log does not tell', async () => {
    const world = await loaded();
    world.texts.suspend();
    await world.texts.load(BUSINESS, id(1));
    expect(world.texts.peek(BUSINESS, id(1), 0)).toBeUndefined();
    world.texts.follow(10);
    expect(world.texts.peek(BUSINESS, id(1), 0)).toBeUndefined();
    await world.texts.load(BUSINESS, id(1));
    expect(world.texts.peek(BUSINESS, id(1), 10)).toBeDefined();
  });

  it('never gives less than what was asked for, whatever comes in whatever order', async () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('append' as const), user: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ does: fc.constantFrom('tell' as const, 'show' as const, 'load' as const), user: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = new World();
      world.texts.follow(10);
      const log: number[] = [];
      let [told, shown] = [0, 0];
      for (const { does, user } of steps) {
        if (does === 'append') log.push(user);
        if (does === 'tell' && told < log.length) { world.happened(log[told]!, 11 + told); told++; }
        if (does === 'show' && shown < log.length) { world.shows(log[shown]!, 11 + shown); shown++; }
        if (does === 'load') await world.texts.load(BUSINESS, id(user));
        for (let needed = 10; needed <= 10 + log.length; needed++) {
          const given = world.texts.peek(BUSINESS, id(user), needed);
          if (given === undefined) continue;
          const { modules } = JSON.parse(given) as { modules: { user: number; giver: number } };
          const newest = (n: number) => log.slice(0, needed - 10).lastIndexOf(n) + 11;
          expect(modules.user).toBeGreaterThanOrEqual(log.slice(0, needed - 10).includes(user) ? newest(user) : 0);
          expect(modules.giver).toBeGreaterThanOrEqual(log.slice(0, needed - 10).includes(user + 1) ? newest(user + 1) : 0);
        }
      }
    }), { numRuns: 100 });
  });
});
