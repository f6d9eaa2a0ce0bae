import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiProperty, ApiTags } from '@nestjs/swagger';
import { CreateBusiness } from '@rolebook/businesses/write';
import { PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { parseBusinessName, parseEmailAddress, parsePersonName, parseSlug, type UserView } from '@rolebook/users/read';
import { RegisterOwner, SuperAdmins } from '@rolebook/users/write';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateNested } from 'class-validator';
import { SetupToken } from '../composition/setup-token';
import { Answers } from '../http/answers';
import { Answer } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { BusinessNameField, EmailField, LocaleField, NameField, PasswordField, SlugField } from '../http/fields';
import { PasswordRules } from '../http/password-rules';
import { Problem } from '../http/problems';
import { Context } from '../http/request';
import { Public } from '../http/session.guard';
import { BusinessAnswer } from './businesses.answers';

class OwnerBody {
  @EmailField() email!: string;
  @NameField() displayName!: string;
  @PasswordField(15) password!: string;
  @LocaleField() locale?: 'en' | 'th';
}

class CreateBusinessBody {
  @BusinessNameField() name!: string;
  @SlugField() slug!: string;
  @ApiProperty({ type: OwnerBody }) @IsDefined() @IsObject() @ValidateNested() @Type(() => OwnerBody) owner!: OwnerBody;
}

@ApiTags('Set-up')
@Controller('v1/businesses')
export class BusinessesController {
  constructor(
    private readonly commands: CommandBus, private readonly setupToken: SetupToken, private readonly passwords: PasswordHasher,
    private readonly rules: PasswordRules, private readonly superAdmins: SuperAdmins, private readonly answers: Answers,
  ) {}

  /** Sets up a business and its owner, an active Super Admin. */
  @Post()
  @Public()
  @Change()
  @HttpCode(201)
  @ApiHeader({ name: 'Setup-Token', required: true })
  @Answer(201, BusinessAnswer, ['validation', 'unauthenticated', 'slug-taken'], { change: true })
  async create(@Context() anonymous: CommandContext, @Headers('setup-token') token: string | undefined, @Body() body: CreateBusinessBody): Promise<{ business: object; user: UserView | null }> {
    if (!this.setupToken.matches(token)) throw new Problem('unauthenticated', 'The Setup-Token is missing or wrong.');
    const email = parseEmailAddress(body.owner.email);
    const [name, slug, displayName] = [parseBusinessName(body.name), parseSlug(body.slug), parsePersonName(body.owner.displayName)];
    await this.rules.check(body.owner.password, { twoFactor: false, forbidden: [email.normalised, displayName, name, slug] }, '#/owner/password');
    const passwordHash = await this.passwords.hash(body.owner.password);
    const [businessId, userId] = [anonymous.idFor('business'), anonymous.idFor('owner')];
    const context = anonymous.as({ businessId, actor: { type: 'user', id: userId } });
    await this.commands.execute(new CreateBusiness(context, name, slug));
    const owner = await this.commands.execute(new RegisterOwner(context, { userId, email, displayName, locale: body.owner.locale ?? 'en', passwordHash }));
    await this.superAdmins.reconcile(context, owner);
    return { business: { id: businessId, name, slug }, user: await this.answers.user(context, userId) };
  }
}
