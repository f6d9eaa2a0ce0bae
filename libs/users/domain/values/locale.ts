import { InvalidValue } from '@rolebook/kernel';

/** The languages mails are written in (BCP 47). */
export const LOCALES = ['en', 'th'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'en';

/** @throws {InvalidValue} for anything but `en` and `th` */
export function parseLocale(input: unknown, pointer = '#/locale'): Locale {
  const locale = LOCALES.find((known) => known === input);
  if (locale === undefined) throw InvalidValue.at(pointer, `must be one of ${LOCALES.join(', ')}`);
  return locale;
}
