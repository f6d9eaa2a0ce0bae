import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { signCheckpoint, toBase64, type Checkpoint, type NoteSigner } from '@rolebook/audit/proof';
import { AuditQueries, CHECKPOINT_NOTE_SIGNER, TreeQueries } from '@rolebook/audit/read';
import { timestamp, type Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { Dear } from '../http/pace.guard';
import { Problem } from '../http/problems';
import { Me } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { invalidValue } from '../http/validation';
import { CheckpointAnswer, ConsistencyAnswer, InclusionAnswer } from './audit.answers';
import { ConsistencyQuery, InclusionQuery, treeSize } from './audit.requests';

/** The proof of the audit log (docs/audit.md): signed heads of the history's Merkle tree, and what they hold. */
@ApiTags('Audit')
@SignedIn()
@Controller('v1/audit')
export class AuditProofsController {
  constructor(
    private readonly audit: AuditQueries, private readonly trees: TreeQueries,
    @Inject(CHECKPOINT_NOTE_SIGNER) private readonly signer: NoteSigner, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The head of the history, signed. */
  @Get('checkpoint')
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, CheckpointAnswer, ['forbidden'])
  async checkpoint(@Me() { businessId }: Principal): Promise<Checkpoint> {
    const size = await this.trees.size(businessId);
    return signCheckpoint({ businessId, size, rootHash: await this.trees.rootHash(businessId, size), at: timestamp(this.clock.now()) }, this.signer);
  }

  /** That an entry stands in the history, and where. */
  @Get('proofs/inclusion')
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, InclusionAnswer, ['forbidden', 'not-found'])
  async inclusion(@Me() { businessId }: Principal, @Query() query: InclusionQuery): Promise<InclusionAnswer> {
    const entry = await this.audit.find(businessId, query.entry);
    if (!entry) throw new Problem('not-found', 'There is no such entry.');
    const size = await this.sizeUpTo(businessId, query.size, '?size');
    if (entry.leafIndex >= size) invalidValue('?size', `must be more than ${entry.leafIndex}: the entry came later`);
    const { leafHash, path } = await this.trees.inclusion(businessId, entry.leafIndex, size);
    return { leafIndex: entry.leafIndex, treeSize: size, leafHash: toBase64(leafHash), path: path.map(toBase64) };
  }

  /** That the history of a later checkpoint begins with that of an earlier one. */
  @Get('proofs/consistency')
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, ConsistencyAnswer, ['forbidden'])
  async consistency(@Me() { businessId }: Principal, @Query() query: ConsistencyQuery): Promise<ConsistencyAnswer> {
    const to = await this.sizeUpTo(businessId, query.to, '?to');
    const from = treeSize(query.from, '?from');
    if (from > to) invalidValue('?from', `must be ${to} at most`);
    return { from, to, path: (await this.trees.consistency(businessId, from, to)).map(toBase64) };
  }

  /** @throws {Problem} `validation` for a size past the head */
  private async sizeUpTo(businessId: string, asked: string | undefined, pointer: string): Promise<number> {
    const size = await this.trees.size(businessId);
    const wanted = asked === undefined ? size : treeSize(asked, pointer);
    return wanted > size ? invalidValue(pointer, `must be ${size} at most: that many entries there are`) : wanted;
  }
}
