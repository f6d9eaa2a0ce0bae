import { setFlagsFromString } from 'node:v8';

/** Flags of V8; read at collections, so they may be set in a running process. */
export const HEAP_GROWTH = '--heap-growing-percent=50';
export const MADE_YOUNG = '--no-allocation-site-pretenuring';

/**
 * Has V8 collect old objects when they are half as many again as lived through the last time. On a machine with memory to spare it waits for up to four times
 * as many, and a service that holds 120 MB then takes 800 of the machine's: whatever was under way at a collection of young objects has grown old.
 * Measured in docs/performance.md, "memory".
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(HEAP_GROWTH);
}

/**
 * Has V8 make objects young, wherever they are made. It notes for each place in the code how long its objects live, and makes them old from birth where most
 * lived through some collections: once some requests had been slow, those of all quick ones were, and 20,000 reads were a major collection.
 * To be called before much is made. Measured in docs/performance.md, "what is made is young".
 */
export function makeObjectsYoung(): void {
  setFlagsFromString(MADE_YOUNG);
}
