import { Injectable } from '@nestjs/common';
import { requireView, streamNames } from '@rolebook/access';
import { Streams, type CommandContext, type ExecuteOptions, type Outcome, type Snapshot } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import type { UserCommand } from '../domain/commands';
import { userDecider } from '../domain/decider';
import type { UserEvent } from '../domain/events';
import { userStream, type UserState } from '../domain/state';

export type UserOutcome = Outcome<UserState, UserEvent>;

/** The streams of users, as use-cases go about them. */
@Injectable()
export class UserStreams {
  constructor(private readonly streams: Streams) {}

  load(context: CommandContext, userId: string): Promise<Snapshot<UserState>> {
    return this.streams.load(userStream, streamNames.user(context.businessId, userId), context);
  }

  /** Who gives the command, from their stream and not from a token. @throws {DomainError} `unauthenticated` where they are no longer active */
  async actor(context: CommandContext): Promise<UserState> {
    const { state } = await this.load(context, context.userId);
    if (state.status !== 'active') throw new DomainError('unauthenticated', 'The session has ended; sign in again.');
    return state;
  }

  /**
   * Carries out a command on a user. If-Match, where the request has one, speaks of this user's revision.
   * @throws {DomainError} what the decider refuses
   */
  execute(context: CommandContext, userId: string, command: UserCommand, options: Pick<ExecuteOptions<UserState>, 'beforeAppend' | 'decideAfresh'> = {}): Promise<UserOutcome> {
    return this.streams.execute<UserState, UserEvent>(userStream, streamNames.user(context.businessId, userId), context,
      (user) => userDecider.decide(command, user), { ...options, expectedRevision: context.given.expectedRevision ?? null });
  }

  /** Whether this is a retry of a command that has changed its own actor before. */
  hasChangedActor(context: CommandContext): Promise<boolean> {
    return this.streams.hasDone(streamNames.user(context.businessId, context.userId), context);
  }

  /**
   * Who gives a command on this user. Somebody who may not even look learns nothing of who exists; to whoever may, an id that is nobody's is `not-found`
   * before it is anything else.
   * @throws {DomainError} `unauthenticated`, `forbidden`
   */
  async administrator(context: CommandContext, userId: string): Promise<UserState> {
    const by = await this.actor(context);
    requireView(by, userId);
    return by;
  }

  /**
   * Carries out an administrator's command on a user.
   * @param command made with the person who gives it
   */
  async administer(context: CommandContext, userId: string, command: (by: UserState) => UserCommand): Promise<UserOutcome> {
    return this.execute(context, userId, command(await this.administrator(context, userId)));
  }
}
