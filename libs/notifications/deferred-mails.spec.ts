import { MailDeferred, MailUnavailable } from '@rolebook/mail';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { DeferredMails } from './deferred-mails';

const MINUTE = 60_000;

describe('mails that were put off for themselves alone', () => {
  let now: number;
  let answer: (position: number) => Error | null;
  let tried: { position: number; minute: number }[];
  let problems: string[];
  let operational: InMemoryOperationalStore;
  let deferred: DeferredMails;
  const clock = { now: () => now };
  const make = () => new DeferredMails({
    operational, clock, every: MINUTE,
    send: async (position) => {
      tried.push({ position, minute: now / MINUTE });
      const error = answer(position);
      if (error) throw error;
    },
    onProblem: (message) => problems.push(message),
  });
  const minutes = async (count: number) => {
    for (let n = 0; n < count; n++) {
      now += MINUTE;
      await jest.advanceTimersByTimeAsync(MINUTE);
    }
  };
  const minutesOf = (position: number) => tried.filter((one) => one.position === position).map(({ minute }) => minute);

  beforeEach(() => {
    jest.useFakeTimers();
    [now, answer, tried, problems, operational] = [0, () => null, [], [], new InMemoryOperationalStore(clock)];
    deferred = make();
    deferred.start();
  });
  afterEach(async () => {
    await deferred.stop();
    jest.useRealTimers();
  });

  it('is tried again after a minute, and then no more', async () => {
    await deferred.add(7);
    await minutes(10);

    expect([tried, problems]).toEqual([[{ position: 7, minute: 1 }], []]);
  });

  it('is tried after 1, 2, 4 ... minutes, then every hour, and given up after five days, aloud', async () => {
    answer = () => new MailDeferred('mailbox full');
    await deferred.add(7);
    await minutes(6 * 24 * 60);

    const at = minutesOf(7);
    expect(at.slice(0, 8)).toEqual([1, 3, 7, 15, 31, 63, 123, 183]);
    expect(at.at(-1)).toBe(7_203); // the first after 7,200
    expect(problems).toEqual(['a mail was put off for five days and is given up']);
    expect(await operational.scan('deferred-mail', { limit: 1 })).toEqual([]);
  });

  it('each has pauses of its own', async () => {
    answer = (position) => (position === 7 ? new MailDeferred('mailbox full') : null);
    await deferred.add(7);
    await minutes(2);
    await deferred.add(8);
    await minutes(3);

    expect([minutesOf(7), minutesOf(8)]).toEqual([[1, 3], [3]]);
  });

  it('while the mail server is away they wait, and nothing is counted against them', async () => {
    answer = () => (now < 5 * MINUTE ? new MailUnavailable('away') : null);
    await deferred.add(7);
    await minutes(8);

    expect([minutesOf(7), problems.length]).toEqual([[1, 2, 3, 4, 5], 4]);
  });

  it('survive a restart', async () => {
    await deferred.add(7);
    await deferred.stop();
    await minutes(5);
    expect(tried).toEqual([]);
    deferred = make();
    deferred.start();
    await minutes(1);

    expect(tried).toEqual([{ position: 7, minute: 6 }]);
  });

  it('more than are tried at once all have their turn', async () => {
    for (let position = 1; position <= 30; position++) await deferred.add(position);
    await minutes(1);

    expect(tried.map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });
});
