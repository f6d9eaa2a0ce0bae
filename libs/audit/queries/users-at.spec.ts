import fc from 'fast-check';
import { effectiveLevel, holds, LEVELS, MODULES, ROLES, TWO_FACTOR_POLICIES, type Level, type Module } from '@rolebook/access';
import { nameOfDocument, USER_SORTS, USER_STATUSES, type UserListOptions, type UserView } from '@rolebook/users/read';
import { BIZ, World, type Deed } from '../spec-helpers';

const NAMES = ['Anna', 'Anna Boon', 'Boon', 'chai', 'Dao', 'Élodie', 'สมชาย'];
const name = fc.constantFrom(...NAMES);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ deed: fc.constant('invite' as const), name: fc.option(name), role: fc.constantFrom(...ROLES), lasts: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ deed: fc.constantFrom('accept' as const, 'rename' as const), name }) },
  fc.record({ deed: fc.constant('role' as const), role: fc.constantFrom(...ROLES) }),
  fc.record({ deed: fc.constant('override' as const), module: fc.constantFrom(...MODULES), level: fc.option(fc.constantFrom(...LEVELS)) }),
  fc.record({ deed: fc.constant('policy' as const), policy: fc.constantFrom(...TWO_FACTOR_POLICIES) }),
  { weight: 3, arbitrary: fc.record({ deed: fc.constantFrom('withdraw' as const, 'resend' as const, 'deactivate' as const, 'reactivate' as const, 'two-factor-on' as const, 'two-factor-off' as const, 'sign-in' as const) }) },
);
/** Several at the same millisecond, too. */
const history = fc.array(fc.tuple(fc.nat(5), deed, fc.nat(12)), { minLength: 5, maxLength: 20 });

const some = <T>(of: readonly T[]) => fc.option(fc.uniqueArray(fc.constantFrom(...of), { minLength: 1 }));
const options: fc.Arbitrary<UserListOptions> = fc.record({
  statuses: some(USER_STATUSES), roles: some(ROLES), twoFactor: fc.option(fc.constantFrom('enabled' as const, 'missing' as const)), q: fc.option(fc.constantFrom('a', 'an', 'boon', 'siam', 'ส')),
  sort: fc.constantFrom(...USER_SORTS), direction: fc.constantFrom('asc' as const, 'desc' as const), limit: fc.integer({ min: 1, max: 4 }), after: fc.constant(null),
});

interface Snapshot { readonly at: string; readonly users: readonly (UserView | null)[] }

/** Everything a list gives, page after page. */
async function whole(list: (options: UserListOptions) => Promise<{ items: readonly UserView[]; next: UserListOptions['after'] }>, asked: UserListOptions): Promise<UserView[]> {
  const items: UserView[] = [];
  for (let after: UserListOptions['after'] = null; ;) {
    const page = await list({ ...asked, after });
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

const everybody = [0, 1, 2, 3, 4, 5];

describe.each([['few in force', 1_000], ['many in force', 0]] as const)('as of a moment, with %s', (_, few) => {
  it('a user, and any list of users, is what it was then', async () => {
    await fc.assert(fc.asyncProperty(history, fc.array(options, { minLength: 2, maxLength: 3 }), async (deeds, lists) => {
      const world = await World.make();
      const snapshots: (Snapshot & { lists: UserView[][] })[] = [];
      for (const [n, what, passes] of deeds) {
        await world.do(n, what, passes);
        // Of deeds in the same millisecond the last one counts.
        if (snapshots.at(-1)?.at === world.at) snapshots.pop();
        snapshots.push({
          at: world.at,
          users: await Promise.all(everybody.map((i) => world.users.get(BIZ, world.userId(i), world.now()))),
          lists: await Promise.all(lists.map((asked) => whole((one) => world.users.list(BIZ, one, world.now()), asked))),
        });
      }
      const { users } = world.past(few);
      for (const { at, users: then, lists: listed } of snapshots) {
        expect(await Promise.all(everybody.map((i) => users.get(BIZ, world.userId(i), at)))).toEqual(then);
        expect(await Promise.all(lists.map((asked) => whole((one) => users.list(BIZ, one, at), asked)))).toEqual(listed);
        expect(await Promise.all(lists.map((asked) => users.count(BIZ, asked, at)))).toEqual(listed.map(({ length }) => length));
      }
      expect(await users.list(BIZ, lists[0]!, '2025-12-31T23:59:59.999Z')).toEqual({ items: [], next: null });
    }), { numRuns: 15 });
  }, 120_000);

  it('whoever could do something is listed, with why', async () => {
    await fc.assert(fc.asyncProperty(history, fc.constantFrom(...MODULES), fc.constantFrom(...LEVELS), async (deeds, module, level) => {
      const world = await World.make();
      const snapshots: { at: string; grants: unknown[] }[] = [];
      for (const [n, what, passes] of deeds) {
        await world.do(n, what, passes);
        if (snapshots.at(-1)?.at === world.at) snapshots.pop();
        snapshots.push({ at: world.at, grants: await grantsNow(world, module, level) });
      }
      const { access } = world.past(few);
      for (const { at, grants } of snapshots) expect(await grantsAt(access, { module, level, at })).toEqual(grants);
      expect(await grantsAt(access, { module, level, at: null })).toEqual(snapshots.at(-1)!.grants);
    }), { numRuns: 40 });
  }, 120_000);
});

async function grantsAt(access: ReturnType<World['past']>['access'], asked: { module: Module; level: Level; at: string | null }): Promise<unknown[]> {
  const items: unknown[] = [];
  for (let after: Parameters<typeof access.list>[2]['after'] = null; ;) {
    const page = await access.list(BIZ, asked, { after, limit: 2 });
    // The name of whoever did it is the one they have now.
    items.push(...page.items.map((grant) => ({ ...grant, by: grant.by && grant.by.id })));
    if (page.next === null) return items;
    after = page.next;
  }
}

/** Worked out from the directory as it is now, the long way. */
async function grantsNow(world: World, module: Module, level: Level): Promise<unknown[]> {
  const found = await Promise.all(everybody.map(async (i) => {
    const user = await world.users.document(BIZ, world.userId(i));
    if (!user || user.status !== 'active' || !holds(effectiveLevel(user.role, user.overrides, module), level)) return [];
    const { level: held, source, since, by, eventId } = (await world.users.explain(BIZ, user.id))!.modules[module];
    return [{ sort: user.sortName, id: user.id, grant: { user: { id: user.id, displayName: nameOfDocument(user) }, level: held, source, since, by: by && by.id, eventId } }];
  }));
  return found.flat().sort((a, b) => (a.sort < b.sort ? -1 : a.sort > b.sort ? 1 : a.id < b.id ? -1 : 1)).map(({ grant }) => grant);
}
