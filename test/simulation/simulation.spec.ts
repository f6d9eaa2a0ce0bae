import { businessesWriteProviders } from '@rolebook/businesses/write';
import { UserStreams } from '@rolebook/users/write';
import type { Result } from './simulate';
import { checkpointsFirst, checksNoRevision, doublesAppends, forgetsKeys, losesAppends, losesMails, skipsDocuments, type Sabotage } from './sabotage';
import { scriptOf, type Script } from './script';
import { shrink } from './shrink';
import { simulate } from './simulate';

const SEEDS = 60;
/** For what one in twenty shows. */
const MANY = 400;
/** As many histories as that take a while where others are at work. */
jest.setTimeout(300_000);

/** The first of so many histories that fails. @throws {Error} where none does */
async function firstFailing(sabotage: Sabotage | undefined, saying: RegExp, histories = SEEDS): Promise<{ readonly script: Script; readonly result: Result }> {
  for (let seed = 1; seed <= histories; seed++) {
    const script = scriptOf(seed);
    const result = await simulate(script, sabotage);
    if (result.violations.some((violation) => saying.test(violation))) return { script, result };
  }
  throw new Error(`${histories} histories, and nothing was noticed`);
}

describe('the simulation', () => {
  it('comes out the same again for the same seed, event by event', async () => {
    for (const seed of [3, 4, 5, 6]) {
      const [first, again] = [await simulate(scriptOf(seed)), await simulate(scriptOf(seed))];
      expect(again).toEqual(first);
      expect(first.events).toBeGreaterThan(5);
    }
  });

  it('finds nothing where nothing is broken', async () => {
    for (let seed = 1; seed <= 12; seed++) expect({ seed, violations: (await simulate(scriptOf(seed))).violations }).toEqual({ seed, violations: [] });
  });

  it('shrinks a history that fails to one that still does, and fewer steps do not', async () => {
    const { script } = await firstFailing(losesAppends, /nothing has come of it/);
    const fails = async (tried: Script) => (await simulate(tried, losesAppends)).violations.length > 0;
    const shorter = await shrink(script, fails);
    expect(shorter.steps.length).toBeLessThan(script.steps.length);
    expect(await fails(shorter)).toBe(true);
  });
});

describe('the simulation notices', () => {
  const cases: readonly (readonly [what: string, sabotage: Sabotage, saying: RegExp, histories: number])[] = [
    ['a log that acknowledges what it does not keep', losesAppends, /acknowledged, and nothing has come of it/, SEEDS],
    ['a log that takes an append twice', doublesAppends, /^doubled: /, SEEDS],
    ['a key that is forgotten, so that a request sent again is carried out again', forgetsKeys, /^doubled: |was refused/, MANY],
    ['a log that checks no revision', checksNoRevision, /^(wrongly carried out|broken at|doubled)/, SEEDS],
    ['a read model that skips an event', skipsDocuments, /and made anew it is/, SEEDS],
    ['a checkpoint that is written before the documents', checkpointsFirst, /and made anew it is/, SEEDS],
    ['a mail that never goes out', losesMails, /^no mail has gone out for/, SEEDS],
  ];
  it.each(cases)('%s', async (_what, sabotage, saying, histories) => {
    await expect(firstFailing(sabotage, saying, histories)).resolves.toBeDefined();
  });

  it('a decision about authority that takes everybody for a Super Admin', async () => {
    const { actor } = UserStreams.prototype;
    const everybody = jest.spyOn(UserStreams.prototype, 'actor').mockImplementation(async function (this: UserStreams, context) {
      return { ...await actor.call(this, context), role: 'super-admin', overrides: {} };
    });
    try {
      await expect(firstFailing(undefined, /^wrongly carried out: .*in spite of forbidden/)).resolves.toBeDefined();
    } finally {
      everybody.mockRestore();
    }
  });

  it('a Super Admin who goes without being taken from the list first: the last one could go so', async () => {
    const handler = businessesWriteProviders.find(({ name }) => name === 'WithdrawSuperAdminHandler')!;
    const withdraw = jest.spyOn(handler.prototype as unknown as { execute: () => Promise<void> }, 'execute').mockResolvedValue(undefined);
    try {
      await expect(firstFailing(undefined, /is counted among the Super Admins and is none|no active Super Admin is left/)).resolves.toBeDefined();
    } finally {
      withdraw.mockRestore();
    }
  });
});
