import { AuditReadModel, UserHistoryReadModel } from '@rolebook/audit/read';
import { businesses } from '@rolebook/businesses/read';
import { DocumentReadModel, type ReadModel } from '@rolebook/projecting';
import { userSessions } from '@rolebook/sessions/read';
import { userDirectory } from '@rolebook/users/read';
import { definitionOf } from './foundation';

/** Every read model of the system, made anew: the projecting loop keeps them, a rebuild makes them again. Those that take longest to be made again are last. */
export function allReadModels(): ReadModel[] {
  return [new DocumentReadModel(businesses), new DocumentReadModel(userSessions), new DocumentReadModel(userDirectory, ['lastSeenAt']), new AuditReadModel(definitionOf), new UserHistoryReadModel()];
}
