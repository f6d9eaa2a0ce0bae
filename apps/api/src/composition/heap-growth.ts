import { setFlagsFromString } from 'node:v8';

/** A flag of V8; read at the end of each major collection, so it may be set in a running process. */
export const HEAP_GROWTH = '--heap-growing-percent=50';

/**
 * Has V8 collect old objects when they are half as many again as lived through the last time. On a machine with memory to spare it waits for up to four times
 * as many, and a service that holds 120 MB then takes 800 of the machine's: whatever was under way at a collection of young objects has grown old.
 * Measured in docs/performance.md, "memory".
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(HEAP_GROWTH);
}
