import { KeptPages } from './kept-pages';

const page = Buffer.from('[]');

/** Pages are kept from the second time on. */
function keepTwice(pages: KeptPages, ...[key, version, read]: Parameters<KeptPages['keep']>): void {
  pages.keep(key, version, read);
  pages.keep(key, version, read);
}

describe('pages that are kept', () => {
  const kept = new KeptPages();
  beforeEach(() => keepTwice(kept, 'a', '1', { page: () => page, from: 100, until: 200 }));

  it('are given while the store and the moment are as they were', () => {
    expect([kept.find('a', '1', 100), kept.find('a', '1', 199)]).toEqual([page, page]);
  });

  it.each([['for another list', 'b', '1', 100], ['of another state of the store', 'a', '2', 100], ['of a store that cannot tell', 'a', null, 100], ['when an invitation has run out', 'a', '1', 200], ['for a moment before', 'a', '1', 99]])('are not given %s', (_, key, version, now) => {
    expect(kept.find(key, version, now)).toBeUndefined();
  });

  it('all go with the state of the store that they are of', () => {
    keepTwice(kept, 'b', '2', { page: () => page, from: 100, until: 200 });
    keepTwice(kept, 'c', '1', { page: () => page, from: 100, until: 200 });
    expect([kept.find('a', '1', 100), kept.find('b', '2', 100), kept.find('c', '1', 100)]).toEqual([undefined, undefined, page]);
  });

  it('are never those that hold good for no moment, or of a store that cannot tell', () => {
    keepTwice(kept, 'x', '1', { page: () => page, from: 100, until: 100 });
    keepTwice(kept, 'y', null, { page: () => page, from: 100, until: 200 });
    expect([kept.find('x', '1', 100), kept.find('y', null, 100)]).toEqual([undefined, undefined]);
  });

  it('are not those that are asked for once: whoever goes through a long list pushes out none', () => {
    for (let n = 0; n < 2_500; n++) kept.keep(`p${n}`, '1', { page: () => Buffer.alloc(20_000), from: 100, until: 200 });
    for (let n = 0; n < 2_500; n++) kept.keep(`p${n}`, '1', { page: () => Buffer.alloc(20_000), from: 100, until: 200 });
    expect([kept.find('a', '1', 100), kept.find('p0', '1', 100), kept.find('p2499', '1', 100)]).toEqual([page, undefined, undefined]);
  });

  it('that were asked for before a change are kept at once after it', () => {
    kept.keep('a', '2', { page: () => Buffer.from('[1]'), from: 100, until: 200 });
    expect(kept.find('a', '2', 100)).toEqual(Buffer.from('[1]'));
  });

  it('go after a minute, asked for or not', () => {
    jest.useFakeTimers();
    const others = new KeptPages();
    keepTwice(others, 'a', '1', { page: () => page, from: 100, until: 200 });
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    expect(others.find('a', '1', 100)).toBeUndefined();
  });
});
