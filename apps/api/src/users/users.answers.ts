import { ApiProperty } from '@nestjs/swagger';
import { LEVELS, MODULES, ROLES } from '@rolebook/access';
import { USER_STATUSES } from '@rolebook/users/read';

const level = { type: 'string', enum: [...LEVELS] };
const levelsByModule = (required: boolean) => ({ type: 'object' as const, properties: Object.fromEntries(MODULES.map((module) => [module, level])), ...(required ? { required: [...MODULES] } : {}), selfRequired: true, additionalProperties: false });

export class TwoFactorStatus {
  @ApiProperty() enabled!: boolean;
  @ApiProperty() required!: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) enabledAt!: string | null;
}

export class InvitationStatus {
  @ApiProperty({ format: 'date-time' }) sentAt!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

/** A user, as the API shows one. */
export class UserAnswer {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() email!: string;
  @ApiProperty({ type: String, nullable: true }) displayName!: string | null;
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty({ enum: USER_STATUSES }) status!: string;
  @ApiProperty({ type: String, nullable: true }) phone!: string | null;
  @ApiProperty({ enum: ['en', 'th'] }) locale!: string;
  @ApiProperty({ type: String, nullable: true }) avatarUrl!: string | null;
  @ApiProperty(levelsByModule(true) as never) permissions!: object;
  @ApiProperty(levelsByModule(false) as never) overrides!: object;
  @ApiProperty({ type: TwoFactorStatus }) twoFactor!: TwoFactorStatus;
  @ApiProperty({ type: InvitationStatus, nullable: true }) invitation!: InvitationStatus | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastSeenAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) deactivatedAt!: string | null;
  @ApiProperty({ type: 'integer' }) revision!: number;
}

export class UserList {
  @ApiProperty({ type: [UserAnswer] }) items!: UserAnswer[];
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
  @ApiProperty({ required: false, description: 'With `count=true`.' }) total?: number;
}

export class RoleChangeAnswer {
  @ApiProperty({ type: UserAnswer }) user!: UserAnswer;
  @ApiProperty({ ...(levelsByModule(false) as object), description: 'Overrides that went with the old role.' }) removedOverrides!: object;
}

export class PersonRef {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) displayName!: string | null;
}

export class PermissionAnswer {
  @ApiProperty({ enum: LEVELS }) level!: string;
  @ApiProperty({ enum: LEVELS }) default!: string;
  @ApiProperty({ enum: LEVELS, nullable: true }) override!: string | null;
  @ApiProperty({ enum: ['role', 'override'] }) source!: string;
  @ApiProperty({ format: 'date-time' }) since!: string;
  @ApiProperty({ type: PersonRef, nullable: true }) by!: PersonRef | null;
  @ApiProperty({ format: 'uuid' }) eventId!: string;
}

class PermissionsByModule {
  @ApiProperty({ type: PermissionAnswer }) customers!: PermissionAnswer;
  @ApiProperty({ type: PermissionAnswer }) quotes!: PermissionAnswer;
  @ApiProperty({ type: PermissionAnswer }) jobs!: PermissionAnswer;
  @ApiProperty({ type: PermissionAnswer }) invoices!: PermissionAnswer;
  @ApiProperty({ type: PermissionAnswer }) inventory!: PermissionAnswer;
  @ApiProperty({ type: PermissionAnswer }) settings!: PermissionAnswer;
}

export class PermissionsAnswer {
  @ApiProperty({ type: PermissionsByModule }) modules!: PermissionsByModule;
}
