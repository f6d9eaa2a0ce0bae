import type { CommandBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { streamNames, type Person } from '@rolebook/access';
import { businessEvents, slugEvents, type BusinessEvent } from '@rolebook/businesses/events';
import { businessStream, type BusinessState } from '@rolebook/businesses/read';
import { BusinessStreams } from '@rolebook/businesses/write';
import { ListSuperAdmin, ListSuperAdminHandler } from '@rolebook/businesses/use-cases/list-super-admin';
import { WithdrawSuperAdmin, WithdrawSuperAdminHandler } from '@rolebook/businesses/use-cases/withdraw-super-admin';
import { contextOf, inMemoryWorld, type World } from '@rolebook/event-sourcing/spec-helpers';
import { StoreUnavailable, type EventStore } from '@rolebook/event-store';
import { DomainError } from '@rolebook/kernel';
import type { UserCommand } from '../domain/commands';
import { userEvents } from '../domain/events';
import { accepted, invited, owner } from '../domain/spec-helpers';
import { isActiveSuperAdmin, userStream } from '../domain/state';
import { SuperAdmins } from './super-admins';
import { UserStreams } from './user-streams';

const BUSINESS = streamNames.business('b1');
const userStreamOf = (userId: string) => streamNames.user('b1', userId);

/** Gives the commands; no user of this business, so that nothing here hangs on their own authority. */
const by: Person = { id: 'outside', role: 'super-admin', overrides: {} };

const commands = {
  promote: { type: 'ChangeRole', by, role: 'super-admin', keepOverrides: false, reason: null },
  demote: { type: 'ChangeRole', by, role: 'crew', keepOverrides: false, reason: null },
  deactivate: { type: 'Deactivate', by, reason: null },
  reactivate: { type: 'Reactivate', by, reason: null },
  erase: { type: 'Erase', by, emailMatches: true },
} as const satisfies Record<string, UserCommand>;
type Action = keyof typeof commands;

function superAdminsOn(streams: World['streams']): SuperAdmins {
  const businesses = new BusinessStreams(streams);
  const [list, withdraw] = [new ListSuperAdminHandler(businesses), new WithdrawSuperAdminHandler(businesses)];
  const bus = {
    execute: async (command: unknown) => {
      if (command instanceof ListSuperAdmin) return list.execute(command);
      if (command instanceof WithdrawSuperAdmin) return withdraw.execute(command);
      throw new Error('no handler');
    },
  };
  return new SuperAdmins(new UserStreams(streams), bus as CommandBus);
}

/** A business with Sue as its owner, and Sam and Sid as crew. */
async function crane(): Promise<World> {
  const world = inMemoryWorld([{ definitions: userEvents }, { definitions: businessEvents }, { definitions: slugEvents }]);
  const start = contextOf({ commandId: 'start' });
  await world.streams.execute<BusinessState, BusinessEvent>(businessStream, BUSINESS, start, () => [{ type: 'BusinessCreated', data: { businessId: 'b1', name: 'Crane & Co', slug: 'crane' } }]);
  const sue = await world.streams.execute(userStream, userStreamOf('sue'), start, () => [{ ...owner, data: { ...owner.data, userId: 'sue' } }]);
  for (const userId of ['sam', 'sid']) {
    await world.streams.execute(userStream, userStreamOf(userId), start, () => [invited({ userId, role: 'crew' }), accepted({ userId })]);
  }
  await superAdminsOn(world.streams).reconcile(start, sue);
  return world;
}

async function truth({ streams }: World): Promise<{ readonly superAdmins: string[]; readonly listed: string[] }> {
  const superAdmins: string[] = [];
  for (const userId of ['sam', 'sid', 'sue']) {
    const { state } = await streams.load(userStream, userStreamOf(userId));
    if (isActiveSuperAdmin(state)) superAdmins.push(userId);
  }
  const { state: business } = await streams.load(businessStream, BUSINESS);
  return { superAdmins, listed: [...business.superAdmins].sort() };
}

describe('the Super Admins of a business', () => {
  const attempt = async (world: World, action: Action, userId: string, commandId: string) => {
    await superAdminsOn(world.streams).change(contextOf({ commandId }), userId, commands[action]);
    return truth(world);
  };

  it('are listed once they are one, and no longer once they are none', async () => {
    const world = await crane();

    expect(await truth(world)).toEqual({ superAdmins: ['sue'], listed: ['sue'] });
    expect(await attempt(world, 'promote', 'sam', 'c1')).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    expect(await attempt(world, 'demote', 'sue', 'c2')).toEqual({ superAdmins: ['sam'], listed: ['sam'] });
    expect(await attempt(world, 'promote', 'sid', 'c3')).toEqual({ superAdmins: ['sam', 'sid'], listed: ['sam', 'sid'] });
    expect(await attempt(world, 'deactivate', 'sam', 'c4')).toEqual({ superAdmins: ['sid'], listed: ['sid'] });
    expect(await attempt(world, 'reactivate', 'sam', 'c5')).toEqual({ superAdmins: ['sam', 'sid'], listed: ['sam', 'sid'] });
    expect(await attempt(world, 'erase', 'sid', 'c6')).toEqual({ superAdmins: ['sam'], listed: ['sam'] });
  });

  it.each<Action>(['demote', 'deactivate', 'erase'])('cannot lose the last one: %s', async (action) => {
    const world = await crane();

    await expect(attempt(world, action, 'sue', 'c1')).rejects.toMatchObject({ code: 'last-super-admin' });
    expect(await truth(world)).toEqual({ superAdmins: ['sue'], listed: ['sue'] });
  });

  it('are not touched by a command that is refused', async () => {
    const world = await crane();
    await attempt(world, 'promote', 'sam', 'c1');
    const stale = contextOf({ commandId: 'c2', expectedRevision: 0 });

    await expect(superAdminsOn(world.streams).change(stale, 'sam', commands.demote)).rejects.toMatchObject({ code: 'stale' });
    expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    expect((await world.store.readStream(BUSINESS)).map(({ type }) => type)).toEqual(['BusinessCreated', 'SuperAdminListed', 'SuperAdminListed']);
  });

  it('see in a dry run that the last one would go, and nothing is stored', async () => {
    const world = await crane();
    const head = await world.store.head();
    const dryRun = contextOf({ commandId: 'c1', dryRun: true });

    await expect(superAdminsOn(world.streams).change(dryRun, 'sue', commands.demote)).rejects.toMatchObject({ code: 'last-super-admin' });
    expect(await world.store.head()).toBe(head);
  });

  describe('where a command dies half-way', () => {
    /** Steps of a demotion on a fresh node: reads the user, reads the business, withdraws, appends to the user; of a promotion: reads and appends, reads and lists. */
    const dyingAt = (world: World, action: Action, userId: string, commandId: string, at: number) => {
      let step = 0;
      const through = (store: EventStore) => slowed(store, watch({ superAdmins: [], listed: [] }), async () => (++step < at ? 'go on' : 'die'));
      return superAdminsOn(world.node(through).streams).change(contextOf({ commandId }), userId, commands[action]);
    };
    const again = (world: World, action: Action, userId: string, commandId: string) =>
      superAdminsOn(world.node().streams).change(contextOf({ commandId, retried: true }), userId, commands[action]);

    it('between withdrawing and demoting, the next command on the person lists them again', async () => {
      const world = await crane();
      await attempt(world, 'promote', 'sam', 'c1');

      await expect(dyingAt(world, 'demote', 'sam', 'c2', 4)).rejects.toThrow('the node has died');
      expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sue'] });
      expect(await attempt(world, 'reactivate', 'sam', 'c3')).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    });

    it('between withdrawing and demoting, and is given again after somebody has listed the person, it withdraws again', async () => {
      const world = await crane();
      await attempt(world, 'promote', 'sam', 'c1');
      await expect(dyingAt(world, 'demote', 'sam', 'c2', 4)).rejects.toThrow('the node has died');
      await attempt(world, 'reactivate', 'sam', 'c3');

      await again(world, 'demote', 'sam', 'c2');
      expect(await truth(world)).toEqual({ superAdmins: ['sue'], listed: ['sue'] });
    });

    it('and is given again after the person was demoted and promoted by others, it lists what is so now', async () => {
      const world = await crane();
      await attempt(world, 'promote', 'sam', 'c1');
      await attempt(world, 'demote', 'sam', 'c2');
      await expect(dyingAt(world, 'promote', 'sam', 'c3', 3)).rejects.toThrow('the node has died');
      expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sue'] });

      await again(world, 'promote', 'sam', 'c1');
      expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    });

    it('again and again, each new attempt lists the person again', async () => {
      const world = await crane();
      await attempt(world, 'promote', 'sam', 'c1');
      await expect(dyingAt(world, 'demote', 'sam', 'c2', 4)).rejects.toThrow('the node has died');
      await attempt(world, 'reactivate', 'sam', 'c3');
      await expect(dyingAt(world, 'demote', 'sam', 'c4', 4)).rejects.toThrow('the node has died');

      await again(world, 'reactivate', 'sam', 'c3');
      expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    });

    it('and its append was refused after the withdrawal, the person is listed again at once', async () => {
      const world = await crane();
      await attempt(world, 'promote', 'sam', 'c1');
      const through = (store: EventStore) => Object.assign(Object.create(store) as EventStore, {
        append: async (...args: Parameters<EventStore['append']>) => {
          if (args[2].some(({ type }) => type === 'RoleChanged')) throw new StoreUnavailable('no answer for a moment');
          return store.append(...args);
        },
      });

      await expect(superAdminsOn(world.node(through).streams).change(contextOf({ commandId: 'c2' }), 'sam', commands.demote)).rejects.toThrow('no answer for a moment');
      expect(await truth(world)).toEqual({ superAdmins: ['sam', 'sue'], listed: ['sam', 'sue'] });
    });
  });

  /**
   * The real use-case on the real streams: every command on a node of its own, every step of every node put off and reordered at will,
   * nodes dying before or right after any of their steps, and some of the dead commands given again.
   */
  it('are never none, and the list never names anybody else, whatever races and whatever dies half-way', async () => {
    const given = fc.record({
      action: fc.constantFrom<Action>('promote', 'demote', 'deactivate', 'reactivate'),
      userId: fc.constantFrom('sam', 'sid', 'sue'),
      /** Dies at this step of its way to the log, if it gets that far; `lost`: having stored it and before it hears so. */
      dies: fc.option(fc.record({ at: fc.integer({ min: 1, max: 8 }), lost: fc.boolean() }), { freq: 3 }),
      again: fc.boolean(),
    });
    await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(given, { minLength: 2, maxLength: 6 }), async (scheduler, all) => {
      const world = await crane();
      await superAdminsOn(world.streams).change(contextOf({ commandId: 'second' }), 'sam', commands.promote);
      const watched = watch(await truth(world));
      let troubled = false;

      const run = async ({ action, userId, dies }: (typeof all)[number], n: number, retried: boolean): Promise<void> => {
        let step = 0;
        const through = (store: EventStore) => slowed(store, watched, async () => {
          await scheduler.schedule(Promise.resolve(`${n} ${action} ${userId}`));
          step++;
          return retried || dies === null || step < dies.at ? 'go on' : step === dies.at && dies.lost ? 'die after' : 'die';
        });
        const context = contextOf({ commandId: `command-${n}`, retried });
        await superAdminsOn(world.node(through).streams).change(context, userId, commands[action]).catch((error: unknown) => {
          if (error instanceof StoreUnavailable) troubled = true;
          else if (!(error instanceof DomainError)) throw error;
        });
      };
      const both = async (one: (typeof all)[number], n: number) => {
        await run(one, n, false);
        if (one.dies && one.again) await run(one, n, true);
      };

      await scheduler.waitFor(Promise.all(all.map(both)));
      expect(watched.violations).toEqual([]);
      const { superAdmins, listed } = await truth(world);
      expect(superAdmins).not.toEqual([]);
      expect(troubled ? superAdmins : listed).toEqual(superAdmins);
    }), { numRuns: 150 });
  });
});

/** Looks at every event the moment it is stored: at least one active Super Admin, and no other on the list. */
function watch({ superAdmins, listed }: { readonly superAdmins: readonly string[]; readonly listed: readonly string[] }) {
  const roles = new Map(['sam', 'sid', 'sue'].map((id) => [id, { superAdmin: superAdmins.includes(id), active: true }]));
  const list = new Set(listed);
  const violations: string[] = [];
  return {
    violations,
    stored(type: string, data: { readonly userId: string; readonly to?: string }): void {
      const user = roles.get(data.userId)!;
      if (type === 'RoleChanged') user.superAdmin = data.to === 'super-admin';
      if (type === 'UserDeactivated') user.active = false;
      if (type === 'UserReactivated') user.active = true;
      if (type === 'SuperAdminListed') list.add(data.userId);
      if (type === 'SuperAdminWithdrawn') list.delete(data.userId);
      const really = [...roles].filter(([, { superAdmin, active }]) => superAdmin && active).map(([id]) => id);
      if (really.length === 0) violations.push(`none is left after ${type} of ${data.userId}`);
      for (const id of list) if (!really.includes(id)) violations.push(`${id} is listed and is none after ${type} of ${data.userId}`);
    },
  };
}

function slowed(store: EventStore, watched: ReturnType<typeof watch>, next: () => Promise<'go on' | 'die' | 'die after'>): EventStore {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    const what = await next();
    if (what === 'die') throw new StoreUnavailable('the node has died');
    const result = await work();
    if (what === 'die after') throw new StoreUnavailable('the node has died');
    return result;
  };
  return Object.assign(Object.create(store) as EventStore, {
    readStream: (...args: Parameters<EventStore['readStream']>) => guarded(() => store.readStream(...args)),
    append: (...args: Parameters<EventStore['append']>) => guarded(async () => {
      const before = await store.head();
      const result = await store.append(...args);
      if (result.position > before) for (const { type, data } of args[2]) watched.stored(type, JSON.parse(data) as { userId: string });
      return result;
    }),
  });
}
