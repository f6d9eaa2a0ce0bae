import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { CommandContext } from '@rolebook/event-sourcing';
import { parseEmailAddress, type UserView } from '@rolebook/users/read';
import { EraseUser } from '@rolebook/users/write';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { EmailField } from '../http/fields';
import { Context } from '../http/request';
import { UserAnswer } from './users.answers';

class EraseBody {
  @EmailField() email!: string;
}

@ApiTags('Users')
@SignedIn()
@Controller('v1/users/:id/erase')
export class ErasuresController {
  constructor(private readonly commands: CommandBus, private readonly answers: Answers) {}

  /**
   * Erases a person, for good: nobody can read their name, address, phone, pictures or whereabouts any more, in any event or backup of the log.
   * What happened stays, and its proof; the name reads `Erased user`. The address is typed again, to be sure.
   */
  @Post()
  @HttpCode(200)
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'stale', 'last-super-admin', 'email-mismatch'], { change: true })
  async erase(@Context() context: CommandContext, @Param('id') id: string, @Body() body: EraseBody): Promise<UserView | null> {
    await this.commands.execute(new EraseUser(context, id, parseEmailAddress(body.email)));
    return this.answers.user(context, id);
  }
}
