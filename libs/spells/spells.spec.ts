import { AsyncLocalStorage } from 'node:async_hooks';
import { Spells } from './spells';

const turnOfTheLoop = () => new Promise<void>((resolve) => { setImmediate(resolve); });

describe('work in spells of three milliseconds', () => {
  let now: number;
  let spells: Spells;
  /** What was done up to the immediates of each turn of the event loop and with them: the end of one spell, and the next. */
  let turns: string[];

  beforeEach(() => { [now, spells, turns] = [1_000, new Spells(() => now), ['']]; });

  const doing = (name: string, milliseconds = 0) => () => {
    now += milliseconds;
    turns[turns.length - 1] += name;
  };
  const later = (work: () => void) => () => void Promise.resolve().then(() => Promise.resolve()).then(work);

  /** Lets so many turns of the event loop pass. */
  async function pass(count: number): Promise<string[]> {
    for (let turn = 0; turn < count; turn++) {
      await turnOfTheLoop();
      turns.push('');
    }
    return turns;
  }

  it('begins at once where there is time and nothing is before it', () => {
    spells.begin(doing('a', 2));
    spells.begin(doing('b', 2));
    expect(turns).toEqual(['ab']);
  });

  it('leaves to later turns of the event loop what there is no time for, in the order asked for', async () => {
    for (const name of 'abcdefgh') spells.begin(doing(name, 2));
    expect(await pass(4)).toEqual(['abcd', 'ef', 'gh', '', '']);
  });

  it('counts the promise jobs that come of a work to it', async () => {
    for (const name of 'abcdefgh') spells.goOn(later(doing(name, 2)));
    expect(await pass(4)).toEqual(['abcd', 'ef', 'gh', '', '']);
  });

  it('begins later where there was time, but the work before is not done with', async () => {
    spells.goOn(later(doing('a')));
    spells.begin(doing('b'));
    expect(turns).toEqual(['']);
    expect((await pass(2)).filter(Boolean)).toEqual(['ab']);
  });

  it('goes on with what was begun before it begins anything new', async () => {
    spells.begin(doing('a', 5));
    spells.begin(doing('new'));
    spells.goOn(doing('old'));
    expect((await pass(2)).join('')).toBe('aoldnew');
  });

  it('lets those wait who have begun and find that it is dear', async () => {
    for (const name of 'abcdefgh') void spells.turn().then(doing(name, 2));
    spells.begin(doing('new'));
    expect(await pass(4)).toEqual(['abcd', 'ef', 'gh', 'new', '']);
  });

  it('never goes on before the one who asks for it has ended', async () => {
    spells.goOn(doing('a'));
    expect(turns).toEqual(['']);
    expect((await pass(1)).join('')).toBe('a');
  });

  it('begins later what belongs to a request as part of that request', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    spells.begin(doing('a', 5));
    for (const name of ['one', 'two']) request.run(name, () => spells.begin(() => void seen.push(request.getStore())));
    await pass(2);
    expect(seen).toEqual(['one', 'two']);
  });
});
