import { Inject, Injectable } from '@nestjs/common';
import type { Collection } from '@rolebook/document-store';
import { businesses, type BusinessDocument } from '../projections/businesses';

export const BUSINESSES = Symbol('Collection<BusinessDocument>');

/** Looks businesses up. */
@Injectable()
export class BusinessQueries {
  /** Names of the read models that answers are made of. */
  static readonly readModels = [businesses.collection.name] as const;

  constructor(@Inject(BUSINESSES) private readonly collection: Collection<BusinessDocument>) {}

  byId(id: string): Promise<BusinessDocument | null> {
    return this.collection.get(id);
  }

  /** See {@link Collection.version}. */
  version(): string | null { return this.collection.version(); }

  /** The one business of this installation; `null` where there is none yet, or more than one. */
  async only(): Promise<BusinessDocument | null> {
    const [first, second] = await this.collection.find({ where: { exists: true }, sort: { field: 'createdAt', direction: 'asc' }, limit: 2 });
    return first && !second ? first : null;
  }
}
