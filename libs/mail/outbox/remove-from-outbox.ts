import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const EVENT_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
const PAGE = 500;

/**
 * Removes mails from an outbox, such as those of a person who was erased. A mail's file is named after its Message-ID, which holds the id
 * of the event that called for it; the content is not looked at.
 * @param choose says which of these events' mails go
 */
export async function removeFromOutbox(folder: string, choose: (eventIds: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const mails = names.flatMap((name) => {
    const eventId = EVENT_ID.exec(name)?.[0];
    return eventId === undefined ? [] : [{ name, eventId }];
  });
  for (let n = 0; n < mails.length; n += PAGE) {
    const page = mails.slice(n, n + PAGE);
    const chosen = await choose(page.map(({ eventId }) => eventId));
    await Promise.all(page.filter(({ eventId }) => chosen.has(eventId)).map(({ name }) => rm(join(folder, name), { force: true })));
  }
}
