import fc from 'fast-check';
import { Dependents } from './dependents';

const name = fc.constantFrom('a', 'b', 'c');

it('knows what hangs on what, as sets of each would, and keeps nothing of what nothing hangs on', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), name, name), { maxLength: 30 }), (steps) => {
    const dependents = new Dependents();
    const sets = new Map(['a', 'b', 'c'].map((on) => [on, new Set<string>()]));
    for (const [adds, on, dependent] of steps) {
      dependents[adds ? 'add' : 'delete'](on, dependent);
      sets.get(on)![adds ? 'add' : 'delete'](dependent);
      for (const [of, expected] of sets) expect([...dependents.of(of)].sort()).toEqual([...expected].sort());
      expect(dependents.size).toBe([...sets.values()].filter((set) => set.size > 0).length);
    }
  }));
});

it('gives all of them, though each is deleted when its turn comes', () => {
  const dependents = new Dependents();
  for (const session of ['s', 't', 'u']) dependents.add('user', session);
  const gone: string[] = [];
  for (const session of dependents.of('user')) {
    dependents.delete('user', session);
    gone.push(session);
  }
  expect(gone).toEqual(['s', 't', 'u']);
  expect(dependents.of('user')).toEqual([]);
});
