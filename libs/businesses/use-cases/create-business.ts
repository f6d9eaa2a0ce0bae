import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext } from '@rolebook/event-sourcing';
import { slugReservation } from '../domain/decider';
import type { SlugReserved } from '../domain/events';
import { BusinessStreams, type BusinessOutcome } from './business-streams';

/** Sets up a business under a short name that nobody else has. Its id is the context's business. */
export class CreateBusiness extends Command<BusinessOutcome> {
  constructor(readonly context: CommandContext, readonly name: string, readonly slug: string) { super(); }
}

@CommandHandler(CreateBusiness)
export class CreateBusinessHandler implements ICommandHandler<CreateBusiness> {
  constructor(private readonly streams: Streams, private readonly businesses: BusinessStreams) {}

  async execute({ context, name, slug }: CreateBusiness): Promise<BusinessOutcome> {
    const { businessId } = context;
    await this.streams.execute<{ businessId: string | null }, SlugReserved>(slugReservation, streamNames.slug(slug), context,
      (state) => slugReservation.reserve(businessId, slug, state));
    return this.businesses.execute(context, { type: 'CreateBusiness', businessId, name, slug });
  }
}
