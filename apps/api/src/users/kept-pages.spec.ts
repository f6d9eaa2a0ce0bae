import { KeptPages } from './kept-pages';

const page = Buffer.from('[]');

describe('pages that are kept', () => {
  const kept = new KeptPages();
  beforeEach(() => kept.keep('a', '1', { page, from: 100, until: 200 }));

  it('are given while the store and the moment are as they were', () => {
    expect([kept.find('a', '1', 100), kept.find('a', '1', 199)]).toEqual([page, page]);
  });

  it.each([['for another list', 'b', '1', 100], ['of another state of the store', 'a', '2', 100], ['of a store that cannot tell', 'a', null, 100], ['when an invitation has run out', 'a', '1', 200], ['for a moment before', 'a', '1', 99]])('are not given %s', (_, key, version, now) => {
    expect(kept.find(key, version, now)).toBeUndefined();
  });

  it('all go with the state of the store that they are of', () => {
    kept.keep('b', '2', { page, from: 100, until: 200 });
    kept.keep('c', '1', { page, from: 100, until: 200 });
    expect([kept.find('a', '1', 100), kept.find('b', '2', 100), kept.find('c', '1', 100)]).toEqual([undefined, undefined, page]);
  });

  it('are never those that hold good for no moment, or of a store that cannot tell', () => {
    kept.keep('x', '1', { page, from: 100, until: 100 });
    kept.keep('y', null, { page, from: 100, until: 200 });
    expect([kept.find('x', '1', 100), kept.find('y', null, 100)]).toEqual([undefined, undefined]);
  });

  it('go after a minute, asked for or not', () => {
    jest.useFakeTimers();
    const others = new KeptPages();
    others.keep('a', '1', { page, from: 100, until: 200 });
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    expect(others.find('a', '1', 100)).toBeUndefined();
  });
});
