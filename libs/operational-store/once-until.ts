import type { OperationalStore } from './port';

/**
 * Does work once for a key until some moment, on whatever node. Remembered after it is done: what dies in between does it once too often, and
 * never too seldom; work that fails is done again the next time.
 * @param until milliseconds since the epoch
 */
export async function onceUntil(store: Pick<OperationalStore, 'get' | 'compareAndSet'>, bucket: string, key: string, until: number, work: () => Promise<unknown>): Promise<void> {
  if (await store.get(bucket, key)) return;
  await work();
  await store.compareAndSet(bucket, key, null, true, until);
}
