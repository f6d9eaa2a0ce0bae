import { Injectable } from '@nestjs/common';
import { BusinessQueries } from '@rolebook/businesses/read';
import { BusinessStreams } from '@rolebook/businesses/write';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { parseEmailAddress, type EmailAddress } from '@rolebook/users/read';
import { Freshness } from '../http/freshness';
import { invalidValue } from '../http/validation';

/** Stands for a business that does not exist, so that a wrong slug costs the same work as a wrong password. */
const NO_BUSINESS = '00000000-0000-7000-8000-000000000000';

/** Finds out which business somebody means who is not signed in. */
@Injectable()
export class Where {
  constructor(private readonly queries: BusinessQueries, private readonly streams: BusinessStreams, private readonly freshness: Freshness) {}

  /** @throws {Problem} `validation` where no slug is given and there is more than one business */
  async in(anonymous: CommandContext, slug: string | undefined): Promise<CommandContext> {
    const businessId = await (slug === undefined ? this.onlyBusiness() : this.streams.idBySlug(slug));
    return anonymous.as({ businessId: businessId ?? NO_BUSINESS });
  }

  private async onlyBusiness(): Promise<string> {
    await this.freshness.within(this.freshness.latest, BusinessQueries.readModels);
    const business = await this.queries.only();
    if (!business) invalidValue('#/business', 'is needed: this installation has more than one business');
    return business.id;
  }
}

/** `null` for what is no address: it is refused as one that nobody has. */
export function addressOf(text: string): EmailAddress | null {
  try {
    return parseEmailAddress(text);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}
