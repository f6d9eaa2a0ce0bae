import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { eventLeafHash, leafBytes, type EventText } from './leaf';

const event: EventText = {
  id: '0193e2b0-7c1a-7000-8000-000000000001',
  type: 'UserRoleChanged',
  stream: 'user-b-u',
  revision: 12,
  recordedAt: '2026-11-24T09:30:00.000Z',
  data: '{"role":"sales","name":"สมชาย"}',
  metadata: '{"actor":{"type":"system"}}',
};

describe('the leaf of an event', () => {
  it('is eight texts, each behind its length in four bytes', () => {
    const field = (text: string): Buffer => {
      const bytes = Buffer.from(text, 'utf8');
      return Buffer.concat([Buffer.from([bytes.length >> 24, bytes.length >> 16, bytes.length >> 8, bytes.length]), bytes]);
    };
    const expected = Buffer.concat([
      'rolebook-event/1', event.id, event.type, event.stream, '12', event.recordedAt, event.data, event.metadata,
    ].map(field));
    expect(Buffer.from(leafBytes(event)).equals(expected)).toBe(true);
  });

  it('hashes as documented, so that a verifier in another language can be checked against it', () => {
    expect(Buffer.from(eventLeafHash(event)).toString('base64')).toBe('gEpneGZOBEQqsByT+lOo7y82kaWYrmiua79h8+Nx/bg=');
    expect(Buffer.from(eventLeafHash(event))).toEqual(createHash('sha256').update(Buffer.of(0)).update(leafBytes(event)).digest());
  });

  it('is the same for a logged event, whose position it leaves out', () => {
    const logged = { ...event, position: 7 };
    expect(leafBytes(logged)).toEqual(leafBytes(event));
  });

  it('differs between any two events that differ, wherever the difference is', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 6 });
    const events = fc.record({ id: texts, type: texts, stream: texts, revision: fc.nat(), recordedAt: texts, data: texts, metadata: texts });
    fc.assert(fc.property(events, events, (a, b) => {
      expect(Buffer.from(leafBytes(a)).equals(leafBytes(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
    }), { numRuns: 500 });
  });

  it('does not let text slide from one field into the next', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 }), (moved, rest) => {
      const before = leafBytes({ ...event, type: `A${moved}`, stream: rest });
      const after = leafBytes({ ...event, type: 'A', stream: `${moved}${rest}` });
      expect(Buffer.from(before).equals(after)).toBe(false);
    }));
  });

  it('refuses what has no bytes of its own', () => {
    expect(() => leafBytes({ ...event, data: '"\ud800"' })).toThrow(new RangeError('half a surrogate pair has no UTF-8 form'));
    expect(() => leafBytes({ ...event, revision: -1 })).toThrow(new RangeError('-1 is no revision'));
    expect(() => leafBytes({ ...event, revision: 0.5 })).toThrow(new RangeError('0.5 is no revision'));
    expect(() => leafBytes({ ...event, revision: 0 })).not.toThrow();
  });
});
