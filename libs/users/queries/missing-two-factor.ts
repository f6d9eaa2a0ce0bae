import { Inject, Injectable } from '@nestjs/common';
import { ROLES, settingsLevel, twoFactorRequired, type TwoFactorPolicy } from '@rolebook/access';
import type { Collection } from '@rolebook/document-store';
import type { UserDocument } from '../projections/user-directory';
import { USER_DIRECTORY } from './user.queries';
import { nameOfDocument } from './user-view';

const PAGE = 500;

/** Who would have to enrol. */
export interface MustEnrol {
  readonly count: number;
  /** By name; the first of them, where there are many. */
  readonly users: readonly { readonly id: string; readonly displayName: string | null }[];
}

/** Looks up of whom a policy would require the two-factor authentication that they have not got. */
@Injectable()
export class MissingTwoFactor {
  constructor(@Inject(USER_DIRECTORY) private readonly directory: Collection<UserDocument>) {}

  /** Active users alone: somebody invited enrols at the first sign-in. Levels hang on overrides, so that everybody without is looked at, a page at a time. */
  async under(policy: TwoFactorPolicy, businessId: string, mostNamed: number): Promise<MustEnrol> {
    const users: { id: string; displayName: string | null }[] = [];
    let count = 0;
    let after: { value: string; id: string } | undefined;
    do {
      const page = await this.directory.find({
        where: { businessId, status: 'active', role: ROLES, hasTwoFactor: false }, sort: { field: 'sortName', direction: 'asc' }, limit: PAGE, ...(after ? { after } : {}),
      });
      for (const user of page) {
        if (!twoFactorRequired(policy, settingsLevel(user))) continue;
        count++;
        if (users.length < mostNamed) users.push({ id: user.id, displayName: nameOfDocument(user) });
      }
      const last = page.at(-1);
      after = last && page.length === PAGE ? { value: last.sortName, id: last.id } : undefined;
    } while (after);
    return { count, users };
  }
}
