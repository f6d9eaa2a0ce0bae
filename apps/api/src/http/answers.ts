import { Inject, Injectable } from '@nestjs/common';
import type { CommandContext } from '@rolebook/event-sourcing';
import { Streams } from '@rolebook/event-sourcing';
import { streamNames } from '@rolebook/access';
import type { Clock, Recorded } from '@rolebook/kernel';
import { userDirectory, UserQueries, userView, type UserDocument, type UserView } from '@rolebook/users/read';
import { CLOCK } from '../composition/tokens';
import { Freshness } from './freshness';

/** What a change answers with: the thing as it is after it. */
@Injectable()
export class Answers {
  constructor(private readonly users: UserQueries, private readonly streams: Streams, private readonly freshness: Freshness, @Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * The user after a change, from the read model once it shows the change; where that lags behind too long, from the user's own history.
   * In a dry run nothing has changed and the answer is made elsewhere.
   */
  async user(context: CommandContext, userId: string): Promise<UserView | null> {
    if (context.dryRun) return null;
    const { businessId } = context;
    if (await this.freshness.within(context.position, UserQueries.readModels)) return this.users.get(businessId, userId, this.clock.now());
    const history = (await Promise.all([streamNames.user(businessId, userId), streamNames.twoFactor(businessId, userId)].map((stream) => this.streams.history(stream)))).flat();
    const document = history.sort((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1)).reduce<UserDocument | null>((user, recorded) => userDirectory.evolve(user, recorded as unknown as Recorded<never>, userId), null);
    return document && userView(document, await this.users.viewedAt(businessId, this.clock.now()));
  }

  /** Why the user may do what, after a change. */
  async permissions(context: CommandContext, userId: string): Promise<object | null> {
    if (context.dryRun) return null;
    await this.freshness.within(context.position, UserQueries.readModels);
    return this.users.explain(context.businessId, userId);
  }
}
