import { businessOf, disagreements, type EventReading } from './entry-agreement';
import type { EventText } from './leaf';

const event: EventText = {
  id: 'e1', type: 'RoleChanged', stream: 'user-b-u', revision: 3, recordedAt: '2026-11-24T09:30:00.000Z', data: '{"userId":"u1"}',
  metadata: '{"businessId":"b1","actor":{"type":"user","id":"a1"},"sessionId":"s1","requestId":"r1"}',
};
const entry = { id: 'e1', at: event.recordedAt, action: 'user.role-changed', actor: { type: 'user', id: 'a1', displayName: 'Ann' }, user: { id: 'u1' }, context: { sessionId: 's1', requestId: 'r1', ip: '192.0.2.7' } };
const reading: EventReading = { action: 'user.role-changed', user: 'userId' };

describe('what people read, held against the stored event', () => {
  it('agrees where it says the same; names and addresses are not compared', () => {
    expect(disagreements(entry, event, reading)).toEqual([]);
    expect(disagreements({ ...entry, actor: { ...entry.actor, displayName: 'Erased user' }, context: { ...entry.context, ip: null } }, event, reading)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['another id', { id: 'e2' }, 'id reads "e2", but the stored event has "e1"'],
    ['another time', { at: 'now' }, 'at reads "now", but the stored event has "2026-11-24T09:30:00.000Z"'],
    ['no time', { at: undefined }, 'at reads nothing, but the stored event has "2026-11-24T09:30:00.000Z"'],
    ['another kind of actor', { actor: { type: 'system', id: 'a1' } }, 'actor.type reads "system", but the stored event has "user"'],
    ['another actor', { actor: { type: 'user', id: 'a2' } }, 'actor.id reads "a2", but the stored event has "a1"'],
    ['nobody', { actor: { type: 'user' } }, 'actor.id reads null, but the stored event has "a1"'],
    ['another session', { context: { sessionId: 's2', requestId: 'r1' } }, 'context.sessionId reads "s2", but the stored event has "s1"'],
    ['no session', { context: { requestId: 'r1' } }, 'context.sessionId reads null, but the stored event has "s1"'],
    ['another request', { context: { sessionId: 's1', requestId: 'r2' } }, 'context.requestId reads "r2", but the stored event has "r1"'],
    ['another action', { action: 'user.invited' }, 'action reads "user.invited", but the stored event has "user.role-changed"'],
    ['another user', { user: { id: 'u2' } }, 'user.id reads "u2", but the stored event has "u1"'],
    ['no user', { user: null }, 'user.id reads null, but the stored event has "u1"'],
  ])('%s', (_what, change, why) => {
    expect(disagreements({ ...entry, ...change }, event, reading)).toEqual([why]);
  });

  it('tells everything, each once, and cuts short what is long', () => {
    const long = 'x'.repeat(200);
    expect(disagreements({ id: long, at: event.recordedAt, actor: 7, context: 'none' }, event)).toEqual([
      `id reads "${'x'.repeat(119)}…, but the stored event has "e1"`, 'actor.type reads nothing, but the stored event has "user"', 'actor.id reads null, but the stored event has "a1"',
      'context.sessionId reads null, but the stored event has "s1"', 'context.requestId reads null, but the stored event has "r1"',
    ]);
    expect(disagreements({ ...entry, id: 'x'.repeat(118) }, event)).toEqual([`id reads "${'x'.repeat(118)}", but the stored event has "e1"`]);
  });

  it('compares action and user only where it is known how the event reads', () => {
    expect(disagreements({ ...entry, action: 'x', user: { id: 'x' } }, event)).toEqual([]);
    expect(disagreements({ ...entry, user: { id: 'u1' } }, event, { ...reading, user: null })).toEqual(['user.id reads "u1", but the stored event has null']);
    expect(disagreements({ ...entry, user: null }, { ...event, data: '{}' }, reading)).toEqual([]);
  });

  it('knows events that nobody caused, outside of any session', () => {
    const quiet = { ...event, metadata: '{"businessId":"b1"}' };
    expect(disagreements({ ...entry, actor: null, context: {} }, quiet, reading)).toEqual([]);
  });

  it.each(['', '{', '[]', 'null', '7', '"x"'])('a stored event whose data or metadata is %j is none', (text) => {
    const why = ['the data or the metadata of the stored event is no JSON object'];
    expect(disagreements(entry, { ...event, metadata: text })).toEqual(why);
    expect(disagreements(entry, { ...event, data: text })).toEqual(why);
    expect(businessOf({ ...event, metadata: text })).toBeNull();
  });

  it('an event names its business, as a text', () => {
    expect(businessOf(event)).toBe('b1');
    expect(businessOf({ ...event, metadata: '{"businessId":7}' })).toBeNull();
  });
});
