import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import { InstallationSecrets } from '@rolebook/crypto';
import { momentOf, Streams, type CommandContext } from '@rolebook/event-sourcing';
import { emailReservation, type EmailReservation, type EmailReservationEvent, type HolderStatus } from '../domain/email-reservation';
import { UserStreams } from './user-streams';

/** A reservation whose user does not exist yet is somebody's invitation in the making; after this long it has died half-way. */
const IN_THE_MAKING_MS = 10_000;

/** One address, at most one user of a business, whatever races and whatever dies half-way. */
@Injectable()
export class EmailAddresses {
  constructor(
    private readonly streams: Streams, private readonly users: UserStreams,
    private readonly secrets: InstallationSecrets,
  ) {}

  /** Who holds the address; `null` for nobody. @param normalised as `parseEmailAddress` gives it */
  async holder(context: CommandContext, normalised: string): Promise<string | null> {
    const { state } = await this.streams.load<EmailReservation, EmailReservationEvent>(emailReservation, this.stream(context, normalised), context);
    return state.holder;
  }

  /** Reserves the address for a user who is about to exist. @param beforeReplacing called where somebody had it before; may refuse. @throws {DomainError} `email-taken` */
  async reserve(context: CommandContext, normalised: string, userId: string, beforeReplacing?: () => Promise<void>): Promise<void> {
    const stream = this.stream(context, normalised);
    const { state: seen } = await this.streams.load<EmailReservation, EmailReservationEvent>(emailReservation, stream, context);
    const holder = await this.statusOfHolder(context, seen);
    if (seen.holder !== null && holder !== 'holding') await beforeReplacing?.();
    await this.streams.execute<EmailReservation, EmailReservationEvent>(emailReservation, stream, context, (now) =>
      emailReservation.reserve(userId, momentOf(context), now, now.holder === seen.holder ? holder : 'holding'));
  }

  private async statusOfHolder(context: CommandContext, { holder, since }: EmailReservation): Promise<HolderStatus> {
    if (holder === null) return 'gone';
    const { state: user } = await this.users.load(context, holder);
    if (user.status === 'abandoned' || user.status === 'invitation-withdrawn' || user.status === 'erased') return 'gone';
    if (user.status !== 'none' || context.at - Date.parse(since) < IN_THE_MAKING_MS) return 'holding';
    const { state: fenced } = await this.users.execute(context, holder, { type: 'AbandonInvitation', userId: holder });
    return fenced.status === 'abandoned' ? 'absent' : 'holding';
  }

  private stream(context: CommandContext, normalised: string): string {
    return streamNames.email(context.businessId, this.secrets.emailHash(context.businessId, normalised));
  }
}
