import { MongoBulkWriteError, MongoNetworkError, MongoServerError, type BulkWriteResult } from 'mongodb';
import { isDuplicateKey, isUnavailable } from './errors';

describe('an error of MongoDB', () => {
  const server = (code: number) => new MongoServerError({ message: 'in any words', code });
  const bulk = (error: ConstructorParameters<typeof MongoBulkWriteError>[0], concern?: object) =>
    new MongoBulkWriteError(error, { getWriteConcernError: () => concern } as unknown as BulkWriteResult);
  const duplicate = { message: 'x', code: 11_000, writeErrors: [] };

  it.each<[string, unknown, boolean]>([
    ['no primary here', server(10_107), true],
    ['shutting down', server(11_600), true],
    ['a duplicate key', server(11_000), false],
    ['a wrong command', server(59), false],
    ['a lost connection', new MongoNetworkError('x'), true],
    // Its class is not exported. It was once looked for by a name that it does not have, and a request under way was answered 500.
    ['a connection that the driver cut, since the server does not answer', Object.defineProperty(new MongoNetworkError('x'), 'name', { value: 'PoolClearedOnNetworkError' }), true],
    ['a lost connection in a bulk', bulk(new MongoNetworkError('x')), true],
    ['duplicate keys in a bulk', bulk(duplicate), false],
    ['duplicate keys in a bulk that too few servers have', bulk(duplicate, { code: 64 }), true],
    ['no error of MongoDB', new TypeError('x'), false],
  ])('%s: whether the server is away is told by class and code', (_, error, away) => {
    expect(isUnavailable(error)).toBe(away);
  });

  it('is a duplicate key by its code', () => {
    expect([server(11_000), server(11_001), new Error('E11000 duplicate key')].map(isDuplicateKey)).toEqual([true, false, false]);
  });
});
