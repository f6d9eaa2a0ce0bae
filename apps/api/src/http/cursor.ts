import { Injectable } from '@nestjs/common';
import { InstallationSecrets } from '@rolebook/crypto';
import { Problem } from './problems';

/** Cursors: opaque, tied to the list and the business they were given for, and proof against tampering. */
@Injectable()
export class Cursors {
  constructor(private readonly secrets: InstallationSecrets) {}

  /** @param list what is listed, with the filters and the order that must be the same on the next page */
  give(businessId: string, list: string, place: unknown): string {
    return this.secrets.sealText('cursor', JSON.stringify(place), `${businessId}/${list}`);
  }

  /** @throws {Problem} `invalid-cursor` where it was tampered with, or is another list's or another business's */
  read<Place>(businessId: string, list: string, cursor: string | undefined): Place | null {
    if (cursor === undefined) return null;
    const opened = this.secrets.openText('cursor', cursor, `${businessId}/${list}`);
    if (opened === null) throw new Problem('invalid-cursor');
    return JSON.parse(opened) as Place;
  }
}
