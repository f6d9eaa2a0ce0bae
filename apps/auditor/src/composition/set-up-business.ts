import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { businessesWriteProviders, CreateBusiness } from '@rolebook/businesses/write';
import { checkPassword, createPasswordHasher, InstallationSecrets, openInstallationSecrets } from '@rolebook/crypto';
import { Erasures } from '@rolebook/erasure';
import { CommandContext, Streams } from '@rolebook/event-sourcing';
import { openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { DomainError, systemClock } from '@rolebook/kernel';
import { Throttle } from '@rolebook/throttling';
import { parseBusinessName, parseEmailAddress, parseLocale, parsePersonName, parseSlug } from '@rolebook/users/read';
import { RegisterOwner, SuperAdmins, usersWriteProviders } from '@rolebook/users/write';
import { randomUUID } from 'node:crypto';

export interface Draft {
  readonly data: string | undefined;
  readonly name: string;
  readonly slug: string;
  readonly email: string;
  readonly owner: string;
  readonly locale: string | undefined;
  readonly password: string;
}

export interface SetUp {
  readonly business: { readonly id: string; readonly name: string; readonly slug: string };
  readonly owner: { readonly id: string; readonly email: string };
}

/** Alone, as long as there is no second factor (NIST SP 800-63B-4, section 3.1.1). */
const MIN_PASSWORD = 15;

/** The write side on an installation, without HTTP. */
@Module({})
class WriteModule {
  static on(foundation: Foundation, secrets: InstallationSecrets): DynamicModule {
    // Nobody is erased from here.
    const erasures = new Erasures(foundation.subjectKeys, () => undefined, []);
    return {
      module: WriteModule,
      imports: [CqrsModule.forRoot()],
      providers: [
        { provide: Streams, useValue: foundation.streams }, { provide: InstallationSecrets, useValue: secrets }, { provide: Erasures, useValue: erasures },
        { provide: Throttle, useValue: new Throttle(foundation.stores.operational, systemClock) },
        ...usersWriteProviders, ...businessesWriteProviders,
      ],
    };
  }
}

/** @throws {DomainError} where a value or a rule is in the way */
export async function setUpBusiness(draft: Draft): Promise<SetUp> {
  const config = readConfig({ ...process.env, ...(draft.data === undefined ? {} : { ROLEBOOK_DATA: draft.data }) });
  const [name, slug, email, displayName] = [parseBusinessName(draft.name), parseSlug(draft.slug), parseEmailAddress(draft.email), parsePersonName(draft.owner)];
  const locale = parseLocale(draft.locale ?? 'en');
  const refusal = await checkPassword(draft.password, { minLength: MIN_PASSWORD, forbidden: [email.normalised, displayName, name, slug] });
  if (refusal) throw new DomainError('validation', refusal.message);
  const foundation = await openFoundation(config, systemClock);
  const hasher = createPasswordHasher();
  try {
    const passwordHash = await hasher.hash(draft.password);
    const secrets = await openInstallationSecrets({ store: foundation.stores.keys, masterKey: foundation.stores.masterKey });
    const app = await NestFactory.createApplicationContext(WriteModule.on(foundation, secrets), { logger: false, abortOnError: false });
    const [commands, superAdmins] = [app.get(CommandBus), app.get(SuperAdmins)];
    const system = new CommandContext({
      businessId: '', actor: { type: 'system' }, at: systemClock.now(), commandId: randomUUID(), requestId: null, sessionId: null, ip: null, device: null,
    });
    const [businessId, userId] = [system.idFor('business'), system.idFor('owner')];
    const context = system.as({ businessId });
    await commands.execute(new CreateBusiness(context, name, slug));
    const owner = await commands.execute(new RegisterOwner(context, { userId, email, displayName, locale, passwordHash }));
    await superAdmins.reconcile(context, owner);
    await app.close();
    return { business: { id: businessId, name, slug }, owner: { id: userId, email: email.address } };
  } finally {
    await Promise.all([foundation.stores.close(), hasher.close()]);
  }
}
