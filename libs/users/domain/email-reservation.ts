import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';
import { refusals } from './errors';

/** What happens in the stream `email-<business>-<hmac of the address>`: who holds the address. */
export type EmailReserved = DomainEvent<'EmailReserved', { userId: string; replaced: string | null; at: string }>;
export type EmailReservationEvent = EmailReserved;

export const emailReservationEvents: EventDefinitions<EmailReservationEvent> = {
  EmailReserved: { action: 'email.reserved', user: 'userId', sealed: {}, changes: () => [] },
};

export interface EmailReservation {
  readonly holder: string | null;
  /** When the holder took it: RFC 3339. */
  readonly since: string;
}

/** What has become of the user who holds the address. `absent`: the reservation was made, the user never was. */
export type HolderStatus = 'holding' | 'gone' | 'absent';

export const emailReservation = {
  kind: 'email',
  initialState: { holder: null, since: '' } as EmailReservation,
  evolve: (_state: EmailReservation, { data }: EmailReservationEvent): EmailReservation => ({ holder: data.userId, since: data.at }),

  /**
   * Reserves an address for a user. A holder that is gone (withdrawn, erased) gives way; so does one that never came to be,
   * once the caller has fenced that one off for good.
   * @throws {DomainError} `email-taken`
   */
  reserve(userId: string, at: string, state: EmailReservation, holder: HolderStatus): readonly EmailReservationEvent[] {
    if (state.holder === userId) return [];
    if (state.holder !== null && holder === 'holding') throw refusals.emailTaken();
    return [{ type: 'EmailReserved', data: { userId, replaced: state.holder, at } }];
  },
};
