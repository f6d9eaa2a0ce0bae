/** What can be known of users. */
export { permissionsOf, sessionStands, userStream, type UserState } from './domain/state';
export { userDirectory, type Origin, type UserDocument } from './projections/user-directory';
export { MissingTwoFactor, type MustEnrol } from './queries/missing-two-factor';
export { PermissionTexts } from './queries/permission-texts';
export { USER_DIRECTORY, USER_SORTS, UserQueries, type UserListOptions, type UserPage, type UserPageText } from './queries/user.queries';
export { explainers, explainPermissions, nameOfDocument, statusAt, USER_STATUSES, userView, type NameOf, type PermissionExplanation, type UserStatus, type UserView } from './queries/user-view';
export { LOCALES, parseBusinessName, parseEmailAddress, parseLocale, parsePersonName, parsePhoneNumber, parseReason, parseSlug, type EmailAddress } from './domain/values';
export { searchQuery } from './domain/values/search-words';
