import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { defineCommand, EXIT, NotTried } from '../command';
import { DATA_OPTIONS, textOf } from '../offline';
import { facts } from '../table';

export const command = defineCommand({
  summary: 'set up a business and its owner',
  positionals: [],
  options: {
    ...DATA_OPTIONS,
    name: { type: 'string', value: 'NAME', required: true, help: 'name of the business' },
    slug: { type: 'string', value: 'SLUG', required: true, help: 'its short name, for signing in: small letters, digits and hyphens' },
    email: { type: 'string', value: 'ADDRESS', required: true, help: 'e-mail address of the owner' },
    owner: { type: 'string', value: 'NAME', required: true, help: 'name of the owner, who is an active Super Admin at once' },
    locale: { type: 'string', value: 'LOCALE', help: 'language of mails to the owner: en (the default) or th' },
    'password-file': { type: 'string', value: 'FILE', help: 'holds the owner\'s password in its first line; /dev/stdin reads it from there.\nWithout it one is made and shown, once' },
  },
  description: `
The same as POST /v1/businesses, for an installation whose service need not run; it does no harm if it does. The data folder is
made where it is missing. A password is never taken from the command line, where others could see it.`,
  examples: [
    { does: 'set up a business, with a password made for you', command: 'auditor business create --name "Siam Rentals" --slug siam-rentals --email owner@siam.example --owner "Olive Owner"' },
    { does: 'with a password of your own', command: 'auditor business create --name "Siam Rentals" --slug siam-rentals --email owner@siam.example --owner "Olive Owner" --password-file /dev/stdin' },
  ],
  async run({ options, terminal }) {
    const file = options['password-file'];
    const password = file === undefined ? randomBytes(15).toString('base64url') : textOf(file).split(/\r?\n/, 1)[0]!;
    const { setUpBusiness } = (await import(join(__dirname, '../composition/set-up-business'))) as typeof import('../composition/set-up-business');
    const made = await setUpBusiness({ ...options, password }).catch((error: unknown) => {
      throw isRefusal(error) ? new NotTried(error.message) : error;
    });
    const shown = { ...made, ...(file === undefined && { password }) };
    terminal.out(options.json ? `${JSON.stringify(shown)}\n` : facts([
      ['Business', `${made.business.name} (${made.business.slug})`], ['Id', made.business.id], ['Owner', `${options.owner} <${made.owner.email}>`], ['Owner\'s id', made.owner.id],
      ...(file === undefined ? [['Password', `${password}   (shown this once)`] as const] : []),
    ]));
    return EXIT.ok;
  },
});

/** What a rule refuses, or the configuration: a sentence for people. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && ['DomainError', 'ConfigError', 'MasterKeyError'].includes(error.name);
}
