import { against, interleaved, milliseconds, ratio, type Target } from '../frame/compare';
import type { Line } from '../frame/figures';
import { bareFastify, call, request, target } from '../frame/http';
import type { Bench, Row } from '../frame/row';
import type { Service } from '../frame/service';
import { watched } from '../frame/watched';
import type { SeedBusiness } from '../seed';
import type { Seeded } from '../seed/seeded';

const FIRST = '/v1/users?limit=20&sort=displayName';
const CONNECTIONS = 16;
/** More than the service keeps in memory, so that none of them is asked for while it is still there. */
const PAGES = 2_500;

interface Page { readonly items: readonly { readonly id: string }[]; readonly nextCursor: string | null }

/** Lists of users, twenty a page, by name: at a million users and at a thousand, the first page and the last. */
export const lists: Row = {
  name: 'lists',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const of = (business: SeedBusiness, path: string) => target(`${path} of ${business.users}`, service, [request('GET', path, { token: seeded.token(business, 0) })]);
    const large = of(seeded.large, FIRST);
    const small = of(seeded.small, FIRST);
    const last = of(seeded.large, await lastPage(bench, service, seeded));
    const walked = target('page after page', service, await pageAfterPage(bench, service, seeded));
    const bare = await bareFastify(bench, large);
    const { result: [a = [], b = [], c = [], d = [], e = []], loop } = await watched(service, 'lists', () =>
      interleaved(bench.generator, [large, small, last, bare, walked], { rounds: bench.rounds, seconds: bench.seconds, connections: CONNECTIONS }));
    const users = seeded.large.users.toLocaleString('en');
    return [
      ...against(`GET /v1/users, 20 by name, of ${users}`, [a, d], { rate: 0.4 }),
      ...against('every page another, none of them in memory', [e, d], { rate: 0.4 }),
      { what: `p99 of ${users} against p99 of ${seeded.small.users.toLocaleString('en')}`, yardstick: milliseconds(b), ours: milliseconds(a), value: ratio(a, b, (run) => run.p99), unit: 'x', goal: { atMost: 1.3 } },
      { what: 'the last page against the first: p99', yardstick: milliseconds(a), ours: milliseconds(c), value: ratio(c, a, (run) => run.p99), unit: 'x', goal: { atMost: 1.3 } },
      { what: 'the last page against the first: CPU', yardstick: null, ours: milliseconds(c), value: ratio(c, a, (run) => run.cpuMicros), unit: 'x', goal: { atMost: 1.3 } },
      loop,
    ];
  },
};

/** Searches by the start of a word: of a name that many have, of one that few have, of two words. */
export const search: Row = {
  name: 'search',
  async run(bench) {
    const seeded = await bench.seeded();
    const service = await bench.service();
    const token = seeded.token(seeded.large, 0);
    const to = (path: string): Target => target(path, service, [request('GET', path, { token })]);
    const first = to(FIRST);
    const lines: Line[] = [];
    for (const [what, q] of [['a frequent name', 'amara'], ['three letters', 'som'], ['two words', 'olga pet'], ['an address', `person${Math.floor(seeded.large.users / 2)}`]] as const) {
      lines.push(await searched(bench, [first, to(`${FIRST}&q=${encodeURIComponent(q)}`)], `q= ${what}, against the first page`));
    }
    // What is asked for again comes from memory; these do not.
    const walked = target('page after page', service, await pageAfterPage(bench, service, seeded));
    const addresses = Array.from({ length: walked.requests.length }, (_, n) => `${FIRST}&q=person${1 + ((n * 7919) % (seeded.large.users - 1))}`);
    const { result, loop } = await watched(service, 'searches', () =>
      searched(bench, [walked, target('every search another', service, addresses.map((path) => request('GET', path, { token })))], 'q= an address, every search another, against every page another'));
    return [...lines, result, loop];
  },
};

async function searched(bench: Bench, [page, found]: readonly [Target, Target], what: string): Promise<Line> {
  const [a = [], b = []] = await interleaved(bench.generator, [found, page], { rounds: bench.rounds, seconds: bench.seconds, connections: CONNECTIONS });
  return { what, yardstick: milliseconds(b), ours: milliseconds(a), value: ratio(a, b, (run) => run.perSecond), unit: 'x', goal: { atLeast: 0.5 } };
}

/** The first pages of the list, each another. Where there are too few of them, they come from memory like the first. */
async function pageAfterPage(bench: Bench, service: Service, seeded: Seeded): Promise<string[]> {
  const token = seeded.token(seeded.large, 0);
  const requests: string[] = [];
  for (let path: string | null = FIRST; path !== null && requests.length < (bench.quick ? 100 : PAGES);) {
    requests.push(request('GET', path, { token }));
    const { body }: { readonly body: Page } = await call<Page>(service, 'GET', path, { token });
    path = body.nextCursor === null ? null : `${FIRST}&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  return requests;
}

/** Walks to the end as a client would. @returns the last page with twenty users or more on it */
async function lastPage(bench: Bench, service: Service, seeded: Seeded): Promise<string> {
  const token = seeded.token(seeded.large, 0);
  let cursor = '';
  for (let pages = 1; ; pages++) {
    const { body } = await call<Page>(service, 'GET', `/v1/users?limit=200&sort=displayName${cursor}`, { token });
    if (body.nextCursor === null) return `${FIRST}${cursor}`;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    if (pages % 500 === 0) bench.say(`lists: walking to the last page, ${(pages * 200).toLocaleString('en')} users so far`);
  }
}
