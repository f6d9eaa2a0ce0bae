import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext, type Outcome } from '@rolebook/event-sourcing';
import { businessDecider, slugReservation, type BusinessCommand } from '../domain/decider';
import type { BusinessEvent, SlugReserved } from '../domain/events';
import { businessStream, type BusinessState } from '../domain/state';

export type BusinessOutcome = Outcome<BusinessState, BusinessEvent>;

/** The streams of businesses, as use-cases go about them. */
@Injectable()
export class BusinessStreams {
  constructor(private readonly streams: Streams) {}

  async load(context: CommandContext): Promise<BusinessState> {
    return (await this.streams.load(businessStream, streamNames.business(context.businessId), context)).state;
  }

  /** Whose short name it is, as of now: somebody who signs in may do so the moment after the business was set up. */
  async idBySlug(slug: string): Promise<string | null> {
    return (await this.streams.load<{ readonly businessId: string | null }, SlugReserved>(slugReservation, streamNames.slug(slug))).state.businessId;
  }

  /** @param options `decideAfresh` for what one command may do and undo */
  execute(context: CommandContext, command: BusinessCommand, options: { readonly decideAfresh?: boolean } = {}): Promise<BusinessOutcome> {
    return this.streams.execute<BusinessState, BusinessEvent>(businessStream, streamNames.business(context.businessId), context,
      (business) => businessDecider.decide(command, business), options);
  }
}
