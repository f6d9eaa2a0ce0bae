import { setFlagsFromString } from 'node:v8';

/**
 * Flags of V8, read at collections, so that they may be set in a running process:
 *
 * - Old objects are collected when they are half as many again as lived through the last time. On a machine with memory to spare V8 waits for up to four times
 *   as many, and a service that holds 120 MB then takes 800 of the machine's: whatever was under way at a collection of young objects has grown old.
 * - What is made is young, wherever it is made. V8 notes for each place in the code how long its objects live, and makes them old from birth where most
 *   lived through some collections: once some requests had been slow, those of all quick ones were, and 20,000 reads were a major collection.
 *
 * Measured in docs/performance.md, "memory" and "p99".
 */
export const HEAP_FLAGS = ['--heap-growing-percent=50', '--no-allocation-site-pretenuring'] as const;

/** Sets {@link HEAP_FLAGS}; before much is made. */
export function boundHeap(): void {
  for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
}
