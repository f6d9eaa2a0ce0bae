import { join } from 'node:path';
import { LEVELS, MODULES, type Level, type Module } from '@rolebook/access';
import { defineCommand, EXIT, UsageError } from '../command';
import { AT_OPTION, BUSINESS_OPTIONS, chosenBusiness, momentGiven, onInstallation } from '../offline';
import type { Past } from '../past';
import { count, facts, table } from '../table';

export const command = defineCommand({
  summary: 'show who can do something, or could at a moment, and why',
  positionals: [],
  options: {
    ...BUSINESS_OPTIONS,
    module: { type: 'string', value: 'M', required: true, help: `one of ${MODULES.join(', ')}` },
    level: { type: 'string', value: 'L', required: true, help: 'at least this level: read, write or manage' },
    at: AT_OPTION,
  },
  description: `
Active users only: nobody else can do anything. FROM says whether the level comes of the role or of an override; SINCE, BY and
EVENT say what made it so. As replay, this folds the log itself and asks no read model.`,
  examples: [
    { does: 'who can delete and configure invoices', command: 'auditor access --module invoices --level manage' },
    { does: 'who could have changed settings that night', command: 'auditor access --module settings --level write --at 2026-11-24T03:00:00+07:00' },
  ],
  async run({ options, terminal }) {
    const at = momentGiven(options.at);
    const asked = { module: oneOf(MODULES, options.module, 'module'), level: oneOf(LEVELS.slice(1), options.level, 'level') };
    const { replayLog } = (await import(join(__dirname, '../past'))) as typeof import('../past');
    const past = await onInstallation(options, (foundation) => replayLog(foundation, at, terminal));
    const business = chosenBusiness(past.businesses, options.business);
    const grants = await grantsIn(past, business.id, asked);
    const rows = grants.map(({ user, level, source, since, by, eventId }) => [user.displayName, level, source, since, by ? (by.displayName ?? by.id) : 'the system', eventId, user.id]);
    terminal.out(options.json ? `${JSON.stringify({ ...asked, at, items: grants })}\n`
      : `${facts([['Business', `${business.name} (${business.slug})`], ['Asked', `${asked.level} on ${asked.module}${at === null ? '' : ` at ${at}`}`], ['Users', count(grants.length)]])}\n${table(['NAME', 'LEVEL', 'FROM', 'SINCE', 'BY', 'EVENT', 'ID'], rows)}`);
    return EXIT.ok;
  },
});

async function grantsIn(past: Past, businessId: string, { module, level }: { module: Module; level: Level }) {
  const { holds } = await import('@rolebook/access/index.js');
  const { explainPermissions, nameOfDocument } = await import('@rolebook/users/read.js');
  const nameOf = (id: string) => { const user = past.users.get(id); return user ? nameOfDocument(user) : null; };
  const active = [...past.users.values()].filter((user) => user.businessId === businessId && user.status === 'active');
  return active.map((user) => ({ sort: `${user.sortName}\0${user.id}`, user, why: explainPermissions(user, nameOf).modules[module] }))
    .filter(({ why }) => holds(why.level, level))
    .sort((a, b) => (a.sort < b.sort ? -1 : 1))
    .map(({ user, why: { level: held, source, since, by, eventId } }) => ({ user: { id: user.id, displayName: nameOfDocument(user) }, level: held, source, since, by, eventId }));
}

function oneOf<Word extends string>(words: readonly Word[], given: string, option: string): Word {
  const word = words.find((known) => known === given);
  if (word === undefined) throw new UsageError(`--${option} must be one of ${words.join(', ')}; it is "${given}"`);
  return word;
}
