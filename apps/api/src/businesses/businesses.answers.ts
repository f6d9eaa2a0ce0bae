import { ApiProperty } from '@nestjs/swagger';
import { UserAnswer } from '../users/users.answers';

class BusinessRef {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() slug!: string;
}

export class BusinessAnswer {
  @ApiProperty({ type: BusinessRef }) business!: BusinessRef;
  @ApiProperty({ type: UserAnswer }) user!: UserAnswer;
}
