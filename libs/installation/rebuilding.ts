import { inItsPlace, Lease } from '@rolebook/operational-store';
import { rebuildReadModel, type ReadModel, type Rebuilt, type RebuildParts } from '@rolebook/projecting';
import { randomUUID } from 'node:crypto';
import type { Foundation } from './foundation';

/** The lease of the one process that keeps the read models, where they are kept in servers. */
export const FOLLOWERS = 'followers';

/** Read models made at once: while the indexes of one are made in a thread, the log is read for the next. */
const AT_ONCE = 2;

/**
 * Makes read models anew while the service serves and its projector follows the log. Embedded, the projector's writes wait for the moment
 * in which a new one takes the old one's place; with servers, the projector stands by for that moment.
 * @param onProgress told of each read model, of two in turns; @param onDone told when one is in its place, of the seconds it took; @param options see {@link RebuildParts}
 */
export async function rebuildReadModels(foundation: Foundation, models: readonly ReadModel[], onProgress: RebuildParts['onProgress'], onDone: (rebuilt: Rebuilt, seconds: number) => void, options: Pick<RebuildParts, 'anew' | 'compare' | 'markedAfter'> = {}): Promise<void> {
  const { config, clock, codec, stores: { events, documents, operational } } = foundation;
  const lease = () => new Lease({ store: operational, clock, name: FOLLOWERS, holder: randomUUID() });
  const alone: RebuildParts['alone'] = config.eventStoreUrl === null ? undefined : (work) => inItsPlace(lease(), work);
  const left = [...models];
  const work = async () => {
    for (let model; (model = left.shift());) {
      const began = performance.now();
      const rebuilt = await rebuildReadModel(model, { ...options, events, codec, documents, ...(onProgress && { onProgress }), ...(alone && { alone }) });
      onDone(rebuilt, (performance.now() - began) / 1000);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
