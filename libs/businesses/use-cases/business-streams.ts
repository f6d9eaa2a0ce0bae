import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext, type Outcome } from '@rolebook/event-sourcing';
import { businessDecider, type BusinessCommand } from '../domain/decider';
import type { BusinessEvent } from '../domain/events';
import { businessStream, type BusinessState } from '../domain/state';

export type BusinessOutcome = Outcome<BusinessState, BusinessEvent>;

/** The streams of businesses, as use-cases go about them. */
@Injectable()
export class BusinessStreams {
  constructor(private readonly streams: Streams) {}

  async load(context: CommandContext): Promise<BusinessState> {
    return (await this.streams.load(businessStream, streamNames.business(context.businessId), context)).state;
  }

  /** @param options `decideAfresh` for what one command may do and undo */
  execute(context: CommandContext, command: BusinessCommand, options: { readonly decideAfresh?: boolean } = {}): Promise<BusinessOutcome> {
    return this.streams.execute<BusinessState, BusinessEvent>(businessStream, streamNames.business(context.businessId), context,
      (business) => businessDecider.decide(command, business), options);
  }
}
