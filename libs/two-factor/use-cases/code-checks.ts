import { Injectable } from '@nestjs/common';
import { InstallationSecrets } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { consecutiveFailures, failureRate, networkOf, Throttle, TooManyAttempts, type Limit } from '@rolebook/throttling';
import type { CodeProof, TwoFactorCommand } from '../domain/decider';
import type { TwoFactorCodeRefused } from '../domain/events';
import { stepOfCode } from '../totp';
import { requireAccepted, TwoFactorStreams, wasAccepted, type TwoFactorOutcome } from './two-factor-streams';

/** Codes guessed by one account from one place. */
const PER_ACCOUNT = consecutiveFailures();
/** Codes guessed from one network, of whatever accounts. */
const PER_NETWORK = failureRate({ capacity: 300, perMs: 3600_000 });

/** Guesses at second factors: throttled, checked, and every refusal written down. */
@Injectable()
export class CodeChecks {
  constructor(private readonly streams: TwoFactorStreams, private readonly throttle: Throttle, private readonly secrets: InstallationSecrets) {}

  /**
   * Carries out a command that rests on a code.
   * @param source what the account's failures are counted by: a session, a known device, or everybody else
   * @throws {DomainError} `invalid-code`; what the decider refuses. @throws {TooManyAttempts}
   */
  async guarded(context: CommandContext, source: string, userId: string, command: () => Promise<TwoFactorCommand>, method: TwoFactorCodeRefused['data']['method'] = 'code'): Promise<TwoFactorOutcome> {
    try {
      return requireAccepted(await this.throttle.attempt(this.limits(context, userId, source), async () => {
        const outcome = await this.streams.execute(context, await command());
        return wasAccepted(outcome) ? outcome : null;
      }));
    } catch (error) {
      if (error instanceof TooManyAttempts && error.firstOfWait) await this.streams.throttled(context, userId, method);
      throw error;
    }
  }

  /** What a code proves of the secret that stands now, or of the one that is offered. */
  async proofOf(context: CommandContext, userId: string, code: string): Promise<CodeProof> {
    const { secret, pendingSecret } = await this.streams.load(context, userId);
    const of = secret ?? pendingSecret ?? '';
    return { method: 'code', of, step: of === '' ? null : stepOfCode(of, code, context.at) };
  }

  private limits(context: CommandContext, userId: string, source: string): readonly Limit[] {
    return [
      { key: this.secrets.mac('throttle', 'code-network', networkOf(context.given.ip)), policy: PER_NETWORK },
      { key: this.secrets.mac('throttle', 'code-account', context.businessId, userId, source), policy: PER_ACCOUNT },
    ];
  }
}
