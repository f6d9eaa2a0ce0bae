import fc from 'fast-check';
import { parseMoment } from './moment';

describe('a moment that a request names', () => {
  it('is the same moment whatever offset it is written with', () => {
    fc.assert(fc.property(fc.date({ min: new Date('1970-01-02T00:00:00Z'), max: new Date('2999-12-30T00:00:00Z'), noInvalidDate: true }), fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, minutes) => {
      const shifted = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) => String(n).padStart(2, '0'));
      expect(parseMoment(`${shifted}${minutes < 0 ? '-' : '+'}${hours}:${rest}`, '?at')).toBe(date.toISOString());
    }));
  });

  it.each([['2028-02-29T12:00:00Z', '2028-02-29T12:00:00.000Z'], ['2026-11-24t09:30:00.5z', '2026-11-24T09:30:00.500Z']])('%s is %s', (text, moment) => {
    expect(parseMoment(text, '?at')).toBe(moment);
  });

  // An auditor who asks for a day that never was must not be answered as of another.
  it.each([
    '2026-02-29T12:00:00Z', '2026-02-31T00:00:00Z', '2026-04-31T00:00:00Z', '2026-13-01T00:00:00Z', '2026-00-10T00:00:00Z', '2026-01-00T00:00:00Z', '2026-11-24T24:00:00Z',
    '2026-11-24T23:60:00Z', '2026-11-24T09:30:00+25:00', '2026-11-24', '2026-11-24T09:30:00', '2026-11-24 09:30:00Z', '24/11/2026', 'now', '', '1795512600000', '\u00002026-11-24T09:30:00Z',
  ])('%j is none', (text) => {
    expect(() => parseMoment(text, '?at')).toThrow(expect.objectContaining({ code: 'validation' }));
  });

  it.each([null, undefined, 0, 1795512600000, {}, ['2026-11-24T09:30:00Z'], new Date()])('nor is what is no text: %j', (input) => {
    expect(() => parseMoment(input, '?at')).toThrow(expect.objectContaining({ code: 'validation' }));
  });
});
