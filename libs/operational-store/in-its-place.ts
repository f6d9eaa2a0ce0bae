import { LEASE_RENEW_MS, LEASE_TTL_MS, type Lease } from './lease';

/** How long to wait for a lease that was asked for: whoever holds it ends its work first. */
const PATIENCE_MS = LEASE_TTL_MS + 4 * LEASE_RENEW_MS;
const LOOK_EVERY_MS = 100;

/**
 * Does some seconds of work in the place of whoever holds a lease: has the holder end its work and stand by, and lets it go on afterwards.
 * @throws {Error} where the holder did not let go in time
 */
export async function inItsPlace<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  await lease.ask();
  for (const end = performance.now() + PATIENCE_MS; (await lease.acquire()) === null;) {
    if (performance.now() > end) throw new Error('whoever follows the log did not stand by when asked to: look at its log, and try again');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  // A renewal that fails shows when the lease has run out, and what is done meanwhile must be harmless then, as for every holder.
  const renewing = setInterval(() => void lease.renew().catch(() => null), LEASE_RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await lease.release();
  }
}
