import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Streams } from '@rolebook/event-sourcing';
import { FreshReadsGuard, NoReadModel, ReadFrom } from './fresh-reads.guard';
import { Freshness } from './freshness';
import { positionToken } from './positions';

/** The user directory has come to 9, the audit log to 5 only; neither comes any further. */
const POSITIONS: Readonly<Record<string, number>> = { 'directory-1': 9, 'audit-1': 5 };
const positionOf = (names: readonly string[] = Object.keys(POSITIONS)) => Math.min(...names.map((name) => POSITIONS[name] ?? 0));

class Routes {
  @ReadFrom(['directory-1']) directory() { return undefined; }
  @ReadFrom(['directory-1', 'audit-1']) both() { return undefined; }
  @NoReadModel() none() { return undefined; }
  unsaid() { return undefined; }
}

/** What a GET meets on a node that has acknowledged everything up to a position. */
async function read(route: keyof Routes, { acknowledged = 0, after = 0, query = {} }: { readonly acknowledged?: number; readonly after?: number; readonly query?: object } = {}): Promise<string> {
  const streams = { onAppended: () => undefined } as Pick<Streams, 'onAppended'> as Streams;
  const progress = { position: positionOf(), positionOf, caughtUp: async (position: number, _: number, of?: readonly string[]) => positionOf(of) >= position };
  const guard = new FreshReadsGuard(new Freshness(progress, streams, acknowledged), new Reflector());
  const request = { method: 'GET', headers: after === 0 ? {} : { 'rolebook-after': positionToken(after) }, query };
  const execution = { switchToHttp: () => ({ getRequest: () => request }), getHandler: () => Routes.prototype[route] } as unknown as ExecutionContext;
  try {
    return (await guard.canActivate(execution)) ? 'read' : 'refused';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a GET waits', () => {
  it('for the read models that it is read from, and for no others', async () => {
    expect(await read('directory', { acknowledged: 9 })).toBe('read');
    expect(await read('directory', { acknowledged: 10 })).toBe('behind');
    expect(await read('both', { acknowledged: 5 })).toBe('read');
    expect(await read('both', { acknowledged: 9 })).toBe('behind');
  });

  it('for all of them where it does not say what it is read from', async () => {
    expect(await read('unsaid', { acknowledged: 5 })).toBe('read');
    expect(await read('unsaid', { acknowledged: 9 })).toBe('behind');
  });

  it('for all of them where it asks how things were: that is read from their history', async () => {
    expect(await read('directory', { acknowledged: 9, query: { at: '2026-01-01T00:00:00Z' } })).toBe('behind');
  });

  it('for what the request says that it has seen, likewise', async () => {
    expect(await read('directory', { after: 9 })).toBe('read');
    expect(await read('directory', { after: 10 })).toBe('behind');
    expect(await read('unsaid', { after: 9 })).toBe('behind');
  });

  it('for nothing where it is read from none, unless it asks to', async () => {
    expect(await read('none', { acknowledged: 100 })).toBe('read');
    expect(await read('none', { acknowledged: 100, after: 1 })).toBe('behind');
  });
});
