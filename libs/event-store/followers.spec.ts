import { Followers } from './followers';
import { StoreUnavailable, type LoggedEvent } from './port';

const event = (position: number): LoggedEvent =>
  ({ id: '', type: 'Happened', data: '{}', metadata: '{}', stream: 's', revision: position - 1, recordedAt: '2026-11-24T00:00:00.000Z', position });

describe('a follower of a log that cannot be read', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tries again and goes on where it was', async () => {
    const read = jest.fn((after: number, limit: number) => (after === 0 ? [event(1)] : []).slice(0, limit));
    read.mockImplementationOnce(() => { throw new StoreUnavailable('busy'); }).mockImplementationOnce(() => { throw new StoreUnavailable('busy'); });
    const [onEvents, onEnd] = [jest.fn(), jest.fn()];
    const subscription = new Followers(read).add({ after: 0, onEvents, onEnd });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(onEvents.mock.calls).toEqual([[[event(1)]]]);
    expect(onEnd).not.toHaveBeenCalled();
    await subscription.stop();
  });

  it('gives up after some seconds and says why', async () => {
    const followers = new Followers(() => { throw new StoreUnavailable('the disk is gone'); });
    const onEnd = jest.fn();
    followers.add({ after: 0, onEvents: () => undefined, onEnd });
    await jest.advanceTimersByTimeAsync(1000);
    expect(onEnd).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(9000);
    expect(onEnd.mock.calls).toEqual([[expect.objectContaining({ message: 'the disk is gone' })]]);
    expect(followers.size).toBe(0);
  });

  it('is quiet about it once it was stopped', async () => {
    const onEnd = jest.fn();
    const subscription = new Followers(() => { throw new StoreUnavailable('the disk is gone'); }).add({ after: 0, onEvents: () => undefined, onEnd });
    await jest.advanceTimersByTimeAsync(100);
    await subscription.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(onEnd).not.toHaveBeenCalled();
  });
});

describe('a follower that is woken while it reads', () => {
  it('reads again instead of falling asleep', async () => {
    const log: LoggedEvent[] = [];
    const followers: Followers = new Followers((after) => {
      const seen = log.slice(after);
      // Appended after this reading looked, and announced before it returned.
      if (log.length === 0) {
        log.push(event(1));
        followers.wake();
      }
      return seen;
    });
    const handedOver = await new Promise<readonly LoggedEvent[]>((resolve) => followers.add({ after: 0, onEvents: resolve }));
    expect(handedOver).toEqual([event(1)]);
    followers.stop();
  });
});
