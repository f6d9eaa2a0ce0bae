import fc from 'fast-check';
import { MODULES, ROLES } from '@rolebook/access';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { DocumentStore } from '@rolebook/document-store';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { shapesOf } from '@rolebook/kernel/spec-helpers';
import type { Delivery } from '@rolebook/projecting';
import { BIZ, NO_PARKING, World, type Deed } from '../spec-helpers';
import { Brittle } from './spec-helpers';
import { accessProfiles, levelIn, userHistory, UserHistoryReadModel, type UserVersion } from './user-history';
import { NEVER } from './validity';

const deeds: readonly Deed[] = [
  { deed: 'invite', name: 'Anna', role: 'crew', lasts: 30 }, { deed: 'accept', name: 'Anna' }, { deed: 'rename', name: 'Anna Boon' }, { deed: 'role', role: 'sales' },
  { deed: 'override', module: 'jobs', level: 'manage' }, { deed: 'two-factor-on' }, { deed: 'sign-in' }, { deed: 'deactivate' }, { deed: 'reactivate' },
];

async function fresh(documents: DocumentStore): Promise<UserHistoryReadModel> {
  const model = new UserHistoryReadModel();
  await model.open(documents);
  return model;
}

async function contents(documents: DocumentStore): Promise<unknown> {
  const dump = async (spec: typeof userHistory) => (await (await documents.open(spec)).scan({ limit: 10_000 })).map(({ document }) => document);
  return { versions: await dump(userHistory), profiles: await dump(accessProfiles) };
}

describe('the versions of users', () => {
  it('follow each other without a gap, each as the directory had it', async () => {
    const world = await World.make();
    const directory = await world.documents.open<UserDocument>(userDirectory.collection);
    const known: (UserDocument | null)[] = [];
    for (const deed of deeds) {
      await world.do(1, deed);
      if (deed.deed !== 'sign-in') known.push(await directory.get(world.userId(1)));
    }
    const versions = await world.versions.find({ where: { userId: world.userId(1) }, sort: { field: 'from', direction: 'asc' }, limit: 100 });
    expect(versions.map(({ displayName, role, status, overrides, hasTwoFactor, revision }) => ({ displayName, role, status, overrides, hasTwoFactor, revision })))
      .toEqual(known.map((user) => ({ displayName: user!.displayName, role: user!.role, status: user!.status, overrides: user!.overrides, hasTwoFactor: user!.hasTwoFactor, revision: user!.revision })));
    versions.forEach(({ to }, n) => expect(to).toBe(versions[n + 1]?.from ?? NEVER));
  });

  it('are all of one shape', async () => {
    const history = await deliveriesOf(Array.from({ length: 60 }, (_, n) => [n, deeds[0]!] as const));
    const documents = new InMemoryDocumentStore();
    const written: object[] = [];
    const open = documents.open.bind(documents);
    documents.open = (async (spec: typeof userHistory) => {
      const collection = await open(spec);
      if (spec.name !== userHistory.name) return collection;
      const write = collection.write.bind(collection);
      return Object.assign(collection, { write: async (...given: Parameters<typeof write>) => { written.push(...given[0].flatMap(({ document }) => document ?? [])); return write(...given); } });
    }) as never;
    await (await fresh(documents)).apply(history, history.length, NO_PARKING);
    expect(written).toHaveLength(60);
    expect(shapesOf(written.slice(30))).toBe(1);
  });

  it('makes none of a sign-in, of which a history may hold thousands', async () => {
    const world = await World.make();
    await world.do(1, { deed: 'invite', name: 'Anna', role: 'crew', lasts: 30 });
    for (let n = 0; n < 5; n++) await world.do(1, { deed: 'sign-in' });
    expect(await world.versions.count({ where: { userId: world.userId(1) } })).toBe(1);
  });

  it('come out the same, whatever is cut off and delivered again', async () => {
    const history = await deliveriesOf([0, 1, 2].flatMap((n) => deeds.map((deed) => [n, deed] as const)).concat([[1, { deed: 'erase' }]]));
    const undisturbed = new InMemoryDocumentStore();
    await (await fresh(undisturbed)).apply(history, history.length, NO_PARKING);
    const expected = await contents(undisturbed);
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 50 })), { maxLength: 8 }), async (attempts) => {
      const documents = new Brittle();
      for (const [length, budget] of [...attempts, [history.length, Number.POSITIVE_INFINITY] as const, [history.length, Number.POSITIVE_INFINITY] as const]) {
        const model = await fresh(documents);
        documents.budget = budget;
        const after = await (await documents.open(userHistory)).checkpoint();
        for (let from = after; from < history.length && documents.budget > 0; from += length) {
          const batch = history.slice(from, from + length);
          if (await model.apply(batch, batch.at(-1)!.stored.position, NO_PARKING).then(() => false, () => true)) break;
        }
        documents.budget = Number.POSITIVE_INFINITY;
      }
      expect(await contents(documents)).toEqual(expected);
    }), { numRuns: 60 });
  });
});

describe('an erased person', () => {
  it('is in no version by name, as if the log had never known it', async () => {
    const world = await World.make();
    for (const deed of deeds) await world.do(1, deed);
    await world.do(1, { deed: 'erase' });
    const theirs = (await world.versions.scan({ limit: 100 })).map(({ document }) => document!);
    expect(theirs.length).toBe(deeds.length);
    expect(JSON.stringify(theirs)).not.toMatch(/anna|boon|@siam|\+668/i);
    for (const { displayName, words } of theirs) expect([displayName, words]).toEqual(['Erased user', []]);

    await world.keys.destroy(world.userId(1), world.at);
    const again = new InMemoryDocumentStore();
    await (await fresh(again)).apply(await world.deliveries(), 1_000, NO_PARKING);
    expect(await contents(again)).toEqual(await contents(world.documents));
  });

  it('keeps roles, permissions and times: history keeps its shape', async () => {
    const world = await World.make();
    for (const deed of deeds) await world.do(1, deed);
    const shape = async () => (await world.versions.scan({ limit: 100 })).map(({ document }) => document!).filter(({ to }) => to !== NEVER).map(({ from, to, role, overrides, status }) => ({ from, to, role, overrides, status })).sort((a, b) => a.from - b.from);
    const before = await shape();
    await world.do(1, { deed: 'erase' });
    expect((await shape()).slice(0, before.length)).toEqual(before);
  });
});

describe('profiles', () => {
  it('say which level they give', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...ROLES), fc.dictionary(fc.constantFrom(...MODULES), fc.constantFrom('none' as const, 'read' as const, 'write' as const, 'manage' as const)), fc.constantFrom(...MODULES), async (role, overrides, module) => {
      const world = await World.make();
      await world.do(1, { deed: 'invite', name: 'Anna', role, lasts: 30 });
      for (const [of, level] of Object.entries(overrides)) await world.do(1, { deed: 'override', module: of as (typeof MODULES)[number], level });
      const { profile } = (await world.versions.get(world.userId(1)))!;
      expect(levelIn(profile, module)).toBe((await world.users.get(BIZ, world.userId(1), world.now()))!.permissions[module]);
    }), { numRuns: 30 });
  });

  it('are kept also of versions that one batch began and ended', async () => {
    const documents = new InMemoryDocumentStore();
    await (await fresh(documents)).apply(await deliveriesOf(deeds.map((deed) => [1, deed] as const)), 1_000, NO_PARKING);
    const profiles = (await (await documents.open<{ id: string; profile: string }>(accessProfiles)).scan({ limit: 10 })).map(({ document }) => document!.profile);
    expect(profiles.sort()).toEqual(['crew', 'sales', 'sales jobs:manage']);
  });
});

it('an event that cannot be read parks the stream, and nothing else', async () => {
  const history = await deliveriesOf([[1, deeds[0]!], [2, deeds[0]!], [1, deeds[1]!], [2, deeds[1]!]]);
  const poison = history.findIndex(({ stored }) => stored.type === 'InvitationAccepted');
  history[poison] = { ...history[poison]!, recorded: new Error('made for this spec') };
  const documents = new InMemoryDocumentStore();
  const parked: unknown[] = [];
  await (await fresh(documents)).apply(history, 1_000, { at: () => undefined, park: async (streams) => { parked.push(...streams); } });
  expect(parked).toEqual([{ stream: history[poison].stored.stream, position: history[poison].stored.position, error: 'made for this spec' }]);
  const versions = (await (await documents.open<UserVersion>(userHistory)).scan({ limit: 10 })).map(({ document }) => document!);
  expect(versions.map(({ status }) => status).sort()).toEqual(['active', 'invited', 'invited']);
});

async function deliveriesOf(what: readonly (readonly [number, Deed])[]): Promise<Delivery[]> {
  const world = await World.make();
  for (const [n, deed] of what) await world.do(n, deed);
  return world.deliveries();
}
