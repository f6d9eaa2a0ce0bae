import { LEVELS, MODULES, ROLES, type Level, type Module } from '@rolebook/access';
import { LOCALES, parseBusinessName, parseEmailAddress, parseLocale, parsePersonName, parsePhoneNumber, parseReason, parseSlug } from '@rolebook/users/read';
import { Field, invalidValue, oneOf, textUpTo } from './validation';

interface Presence { readonly required?: boolean }

/**
 * What JSON Schema can say of a line of text with the patterns that every language knows: no controls, nothing invisible, nothing that turns the direction.
 * The parsers know Unicode's properties, and refuse a little more.
 */
const PLAIN = '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff';
const LINE = `^[^${PLAIN}]*$`;
/** One that shows something. */
export const VISIBLE_LINE = `^[^${PLAIN}]*[^\\s${PLAIN}][^${PLAIN}]*$`;
const PHONE = '^[ \\t\\r\\n]*\\+[1-9]([ \\u00a0.\\u2010\\u2011-]?[0-9]){5,14}[ \\t\\r\\n]*$';

/** The fields of requests, each with its documentation and its parser, so that one thing is called and checked alike everywhere. */
export const EmailField = () => Field((v) => parseEmailAddress(v), { type: String, format: 'idn-email', maxLength: 254, example: 'somchai@example.com' });
/** In sign-in and the like any text is taken: a wrong address is refused as a wrong password is. */
export const AnyTextField = (max: number) => Field(textUpTo(max), { type: String, minLength: 1, maxLength: max });
export const NameField = (p: Presence = {}) => Field((v) => parsePersonName(v), { type: String, minLength: 1, maxLength: 100, pattern: VISIBLE_LINE, example: 'Somchai Jaidee', ...p });
export const BusinessNameField = () => Field((v) => parseBusinessName(v), { type: String, minLength: 1, maxLength: 100, pattern: VISIBLE_LINE, example: 'Siam Rentals' });
export const SlugField = (p: Presence = {}) => Field((v) => parseSlug(v), { type: String, minLength: 2, maxLength: 50, pattern: '^[a-z0-9](-?[a-z0-9])*$', example: 'siam-rentals', ...p });
export const PhoneField = () => Field((v) => parsePhoneNumber(v), { type: String, nullable: true, required: false, maxLength: 40, pattern: PHONE, example: '+66812345678' });
export const LocaleField = () => Field((v) => parseLocale(v), { enum: LOCALES, required: false, example: 'th' });
/** @param minLength where it is known; 15 without a second factor, 8 beside one */
export const PasswordField = (minLength = 8) => Field(textUpTo(1000), { type: String, format: 'password', minLength, maxLength: 200 });
export const RoleField = () => Field(oneOf(ROLES), { enum: ROLES });
export const ReasonField = (description = 'Why; stands in the audit log.', pointer = '#/reason') => Field((v) => parseReason(v, pointer), { type: String, maxLength: 500, pattern: LINE, nullable: true, required: false, description });
export const TokenField = (description = 'From the link in the e-mail.') => Field(textUpTo(500), { type: String, minLength: 1, maxLength: 500, description });
export const FlagField = () => Field((v) => (typeof v === 'boolean' ? v : invalidValue('#', 'must be true or false')), { type: Boolean, required: false });

const overrideProperties = (nullable: boolean) => Object.fromEntries(MODULES.map((module) => [module, { type: 'string', enum: [...LEVELS, ...(nullable ? [null] : [])], nullable }]));

/** Levels by module; `null`, where it is allowed, takes an override away. */
export function OverridesField({ required, nullable }: { readonly required: boolean; readonly nullable: boolean }): PropertyDecorator {
  return Field((value) => parseOverrides(value, nullable), { type: 'object', selfRequired: required, additionalProperties: false, properties: overrideProperties(nullable) as never, example: { jobs: 'manage' } });
}

/** @throws {Problem} `validation` */
export function parseOverrides(value: unknown, nullable: boolean): Partial<Record<Module, Level | null>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) invalidValue('#/overrides', 'must be an object of levels by module');
  for (const [module, level] of Object.entries(value)) {
    if (!(MODULES as readonly string[]).includes(module)) invalidValue('#/overrides', `${JSON.stringify(module.slice(0, 40))} is no module`);
    if (!(nullable && level === null) && !(LEVELS as readonly unknown[]).includes(level)) invalidValue('#/overrides', `${module} must be one of ${LEVELS.join(', ')}${nullable ? ' or null' : ''}`);
  }
  return value;
}
