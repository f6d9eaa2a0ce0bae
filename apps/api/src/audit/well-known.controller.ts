import { Controller, Get, Header } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { AccessTokens, CheckpointSigner } from '@rolebook/crypto';
import { Answer } from '../http/api-docs';
import { NoReadModel } from '../http/fresh-reads.guard';
import { Public } from '../http/session.guard';

class JwkAnswer {
  @ApiProperty({ enum: ['OKP'] }) kty!: 'OKP';
  @ApiProperty({ enum: ['Ed25519'] }) crv!: 'Ed25519';
  @ApiProperty() x!: string;
  @ApiProperty() kid!: string;
  @ApiProperty({ enum: ['EdDSA'] }) alg!: 'EdDSA';
  @ApiProperty({ enum: ['sig'] }) use!: 'sig';
}

class JwksAnswer {
  @ApiProperty({ type: [JwkAnswer] }) keys!: readonly JwkAnswer[];
}

/** Keys for whoever verifies what comes from here (RFC 8615). */
@ApiTags('Keys')
@Controller('.well-known')
export class WellKnownController {
  constructor(private readonly tokens: AccessTokens, private readonly signer: CheckpointSigner) {}

  /** Keys that verify access tokens (RFC 7517), newest first. */
  @Get('jwks.json')
  @Public()
  @NoReadModel()
  @Header('cache-control', 'public, max-age=60')
  @Answer(200, JwksAnswer)
  jwks(): JwksAnswer {
    return this.tokens.jwks();
  }

  /** The public key that verifies checkpoints and exports of the audit log, as `auditor verify --key` takes it: PEM. */
  @Get('rolebook-audit-key')
  @Public()
  @NoReadModel()
  @Header('content-type', 'application/x-pem-file')
  @Answer(200, null, [], { produces: 'application/x-pem-file', description: 'SubjectPublicKeyInfo, Ed25519.' })
  auditKey(): string {
    return this.signer.publicKeyPem;
  }
}
