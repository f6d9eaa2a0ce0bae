import fc from 'fast-check';
import { DomainError, fold } from '@rolebook/kernel';
import { emailReservation, type EmailReservationEvent, type HolderStatus } from './email-reservation';

const AT = '2026-03-01T00:00:00.000Z';
const LATER = '2026-03-01T00:01:00.000Z';
const free = emailReservation.initialState;
const held = { holder: 'anna', since: AT };
const reserved = (userId: string, replaced: string | null, at = AT): EmailReservationEvent => ({ type: 'EmailReserved', data: { userId, replaced, at } });

describe('an address', () => {
  it('has a stream of its own, and nobody at first', () => {
    expect(emailReservation.kind).toBe('email');
    expect(free).toEqual({ holder: null, since: '' });
  });

  it('that nobody holds can be reserved', () => {
    for (const holder of ['gone', 'holding', 'absent'] as const) expect(emailReservation.reserve('anna', AT, free, holder)).toEqual([reserved('anna', null)]);
  });

  it('is not reserved twice for the same user, so that a retry heals', () => {
    expect(emailReservation.reserve('anna', LATER, held, 'holding')).toEqual([]);
    expect(emailReservation.reserve('anna', LATER, held, 'absent')).toEqual([]);
  });

  it('that somebody holds is taken', () => {
    expect(() => emailReservation.reserve('bob', LATER, held, 'holding')).toThrow(expect.objectContaining({ code: 'email-taken' }));
  });

  it.each<HolderStatus>(['gone', 'absent'])('passes on where its holder is %s, and says from whom', (holder) => {
    expect(emailReservation.reserve('bob', LATER, held, holder)).toEqual([reserved('bob', 'anna', LATER)]);
  });

  it('is held by the last who reserved it, since then', () => {
    expect(fold(emailReservation, [reserved('anna', null), reserved('bob', 'anna', LATER)])).toEqual({ holder: 'bob', since: LATER });
  });

  it('never changes hands while its holder is there, whoever tries', () => {
    const attempt = fc.record({ userId: fc.constantFrom('anna', 'bob', 'cat'), leaves: fc.boolean() });
    fc.assert(fc.property(fc.array(attempt), (attempts) => {
      let state = free;
      const there = new Set<string>();
      for (const { userId, leaves } of attempts) {
        const before = state.holder;
        const holder = before !== null && there.has(before) ? 'holding' : 'gone';
        try {
          for (const event of emailReservation.reserve(userId, AT, state, holder)) state = emailReservation.evolve(state, event);
          there.add(userId);
        } catch (refusal) {
          expect(refusal).toBeInstanceOf(DomainError);
        }
        expect(state.holder === before || holder === 'gone').toBe(true);
        if (leaves && state.holder !== null) there.delete(state.holder);
      }
    }));
  });
});
