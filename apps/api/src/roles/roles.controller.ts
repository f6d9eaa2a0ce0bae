import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { LEVELS, MODULES, ROLE_DEFINITIONS, ROLES } from '@rolebook/access';
import { Answer, SignedIn } from '../http/api-docs';
import { NoReadModel } from '../http/fresh-reads.guard';
import { NeedsSettings } from '../http/session.guard';

class RoleAnswer {
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty() label!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ type: 'object', properties: Object.fromEntries(MODULES.map((module) => [module, { type: 'string', enum: [...LEVELS] }])), required: [...MODULES], selfRequired: true, additionalProperties: false, description: 'The level on each module, before overrides.' }) levels!: object;
}
class RoleList {
  @ApiProperty({ type: [RoleAnswer] }) items!: RoleAnswer[];
}

@ApiTags('Settings and roles')
@SignedIn()
@Controller('v1/roles')
export class RolesController {
  /** The six built-in roles, each with its levels. */
  @Get()
  @NeedsSettings('read')
  @NoReadModel()
  @Answer(200, RoleList, ['forbidden'])
  list(): RoleList {
    return { items: ROLE_DEFINITIONS.map(({ role, label, description, permissions }) => ({ role, label, description, levels: permissions })) };
  }
}
