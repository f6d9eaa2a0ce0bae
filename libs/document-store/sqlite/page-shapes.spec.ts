import { planPage } from '../plan';
import { NoIndex, type FindOptions } from '../port';
import { pageQuery } from './page-sql';
import { PageShapes } from './page-shapes';

const spec = { name: 'people-1', indexes: [['kind', 'listed', 'name'], ['listed', 'kind', 'age'], ['name']], words: { field: 'words', within: ['kind'] } };

describe('the statement of a plain page', () => {
  const shapes = new PageShapes(spec);
  const after = { value: 'Anna \ud83d\ude00', id: 'p1' };
  const byName = (direction: 'asc' | 'desc') => ({ field: 'name', direction });

  it.each<[string, Omit<FindOptions, 'limit'>]>([
    ['a first page', { where: { kind: 'k', listed: true }, sort: byName('asc') }],
    ['the same of others', { where: { kind: 'l', listed: false }, sort: byName('asc') }],
    ['its fields the other way about', { where: { listed: false, kind: 'l' }, sort: byName('asc') }],
    ['a later page', { where: { kind: 'k', listed: true }, sort: byName('asc'), after }],
    ['a later page backwards', { where: { kind: 'k', listed: true }, sort: byName('desc'), after: { value: null, id: 'p2' } }],
    ['another order', { where: { kind: 'k', listed: true }, sort: { field: 'age', direction: 'desc' }, after: { value: 7, id: 'p3' } }],
    ['no fields at all', { sort: byName('asc'), after }],
    ['by ids', { sort: { field: 'id', direction: 'asc' }, after: { value: null, id: 'p4' } }],
    ['of nothing but a limit', {}],
  ])('is the one that planning it gives, made or known: %s', (_, options) => {
    for (const limit of [20, 21]) expect(shapes.query({ ...options, limit }, limit)).toEqual(pageQuery(planPage(spec, options), limit));
  });

  it.each<[string, Omit<FindOptions, 'limit'>]>([
    ['one of several values', { where: { kind: ['k', 'l'], listed: true }, sort: byName('asc') }], ['a range', { sort: byName('asc'), range: { gt: 'A' } }],
    ['a search', { where: { kind: 'k', listed: true }, sort: byName('asc'), wordStarts: ['an'] }], ['null', { where: { kind: null, listed: true }, sort: byName('asc') }],
    ['what is undefined', { where: { kind: undefined as never, listed: true }, sort: byName('asc') }],
  ])('is planned where it asks for %s', (_, options) => {
    expect(shapes.query({ ...options, limit: 9 }, 9)).toBeNull();
  });

  it('is refused where no index serves it, every time', () => {
    for (const _ of [1, 2]) expect(() => shapes.query({ where: { listed: true }, sort: byName('asc'), limit: 9 }, 9)).toThrow(NoIndex);
  });

  it('takes no value that could not be found again, known or not', () => {
    for (const kind of ['k', Number.NaN, 'k', Number.NaN]) {
      const ask = () => shapes.query({ where: { kind, listed: true }, sort: byName('asc'), limit: 9 }, 9);
      if (kind === 'k') expect(ask()).not.toBeNull();
      else expect(ask).toThrow(TypeError);
    }
  });
});
