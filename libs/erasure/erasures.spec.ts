import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { ErasureFollower, Erasures, type Erased } from '.';

const erased: Erased = { businessId: 'b', userId: 'u', at: '2026-01-01T00:00:00.000Z', position: 1 };
const until = async (done: () => boolean) => { while (!done()) await new Promise((resolve) => setTimeout(resolve, 5)); };

/** What is done for an erasure, in order; `failing` makes the next ones fail. */
class Scene {
  readonly deeds: string[] = [];
  failing = 0;
  readonly problems: string[] = [];

  erasures(): Erasures {
    const does = (what: string) => async ({ userId }: Pick<Erased, 'userId'>) => {
      if (what === 'pictures' && this.failing-- > 0) throw new Error('the disk is away');
      this.deeds.push(`${what} ${userId}`);
    };
    return new Erasures({ destroy: (userId) => does('key')({ userId }) }, ({ userId }) => this.deeds.push(`memory ${userId}`), [does('pictures'), does('mails')]);
  }

  follower(events: InMemoryEventStore, operational: InMemoryOperationalStore): ErasureFollower {
    return new ErasureFollower({ events, operational, erasures: this.erasures(), onProblem: (message) => this.problems.push(message) });
  }
}

const append = (events: InMemoryEventStore, type: string, userId: string, id: string) =>
  events.append(`user-b-${userId}`, 'any', [{ id: `0193e2b0-7c1a-7000-8000-00000000000${id}`, type, data: JSON.stringify({ userId }), metadata: JSON.stringify({ businessId: 'b' }) }]);

describe('carrying out an erasure', () => {
  it('destroys the key first, then everything else, once', async () => {
    const scene = new Scene();
    const erasures = scene.erasures();
    await Promise.all([erasures.carryOut(erased), erasures.carryOut(erased)]);
    expect(scene.deeds).toEqual(['key u', 'memory u', 'pictures u', 'mails u']);
  });

  it('can be tried again where something was in the way; the key is gone already', async () => {
    const scene = new Scene();
    scene.failing = 1;
    const erasures = scene.erasures();
    await expect(erasures.carryOut(erased)).rejects.toThrow('the disk is away');
    expect(scene.deeds).toEqual(['key u', 'memory u']);
    await erasures.carryOut(erased);
    expect(scene.deeds.slice(2)).toEqual(['key u', 'memory u', 'pictures u', 'mails u']);
  });
});

describe('following the log for erasures', () => {
  it('heals one that died after its event, and carries out new ones', async () => {
    const [events, scene] = [new InMemoryEventStore(), new Scene()];
    await append(events, 'UserErased', 'anna', '1');
    const follower = scene.follower(events, new InMemoryOperationalStore({ now: Date.now }));
    await follower.start();
    await append(events, 'ProfileEdited', 'boon', '2');
    await append(events, 'UserErased', 'chai', '3');
    await until(() => scene.deeds.includes('mails chai'));
    expect(scene.deeds).toEqual(['anna', 'chai'].flatMap((name) => ['key', 'memory', 'pictures', 'mails'].map((deed) => `${deed} ${name}`)));
    await follower.stop();
  });

  it('tries again until it is complete, and says so', async () => {
    const [events, scene] = [new InMemoryEventStore(), new Scene()];
    scene.failing = 1;
    await append(events, 'UserErased', 'anna', '1');
    const follower = scene.follower(events, new InMemoryOperationalStore({ now: Date.now }));
    await follower.start();
    await until(() => scene.deeds.includes('mails anna'));
    expect(scene.problems).toEqual(['an erasure is not complete and is tried again']);
    await follower.stop();
  });

  it('does not begin anew after a restart, but does so with what was not complete', async () => {
    const [events, operational] = [new InMemoryEventStore(), new InMemoryOperationalStore({ now: Date.now })];
    await append(events, 'UserErased', 'anna', '1');
    const first = new Scene();
    const before = first.follower(events, operational);
    await before.start();
    await until(() => first.deeds.includes('mails anna'));
    await append(events, 'ProfileEdited', 'boon', '2');
    await before.stop();

    const dying = new Scene();
    dying.failing = Number.POSITIVE_INFINITY;
    const second = dying.follower(events, operational);
    await second.start();
    await append(events, 'UserErased', 'chai', '3');
    await until(() => dying.problems.length > 0);
    await second.stop();

    const healing = new Scene();
    const third = healing.follower(events, operational);
    await third.start();
    await until(() => healing.deeds.includes('mails chai'));
    await third.stop();
    expect([...dying.deeds, ...healing.deeds].filter((deed) => deed.endsWith('anna'))).toEqual([]);
  });
});
