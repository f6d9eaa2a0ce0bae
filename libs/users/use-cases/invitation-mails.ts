import { Injectable } from '@nestjs/common';
import { InstallationSecrets } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { failureRate, Throttle } from '@rolebook/throttling';
import { parseEmailAddress } from '../domain/values';

/** To one address: ten at once, one more every six minutes. */
const PER_ADDRESS = failureRate({ capacity: 10, perMs: 3600_000 });

/** Keeps administrators from filling somebody's mailbox in this service's name: by sending an invitation again and again, or withdrawing it and inviting anew. */
@Injectable()
export class InvitationMails {
  constructor(private readonly throttle: Throttle, private readonly secrets: InstallationSecrets) {}

  /** To be called before another mail goes to an address that was invited before. The first costs nothing. @throws {TooManyAttempts} */
  async another(context: CommandContext, email: string): Promise<void> {
    if (context.dryRun || context.retried) return;
    const key = this.secrets.mac('throttle', 'invitation-mail', context.businessId, parseEmailAddress(email).normalised);
    await this.throttle.count([{ key, policy: PER_ADDRESS }]);
  }
}
