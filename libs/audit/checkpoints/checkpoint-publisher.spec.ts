import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCheckpoint, CompactRange, leafHash, MemoryMerkleNodes, parseCheckpoint, rootHash } from '../proof';
import { signingKey } from '../proof/spec-helpers';
import type { TreeQueries } from '../queries/tree.queries';
import { CheckpointFiles } from './checkpoint-files';
import { CheckpointPublisher, webhook, type Announce, type PublishedCheckpoint } from './checkpoint-publisher';

/** A history that can also be tampered with. */
class History {
  size = 0;
  private nodes = new MemoryMerkleNodes();
  private range = CompactRange.empty(this.nodes);

  grow(by: number, saying = 'entry'): this {
    for (let n = 0; n < by; n++) this.range.append(leafHash(Buffer.from(`${saying} ${this.size++}`)));
    return this;
  }

  become(other: History): void {
    Object.assign(this, other);
  }

  root(size: number): Uint8Array { return rootHash(this.nodes, size); }
}

describe('publishing checkpoints', () => {
  let folder: string;
  let histories: Record<string, History>;
  let problems: string[];
  let caughtUp: boolean;
  const { signer, verifier } = signingKey();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
    histories = {};
    problems = [];
    caughtUp = true;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const publisher = (announce: Announce | null = null) => new CheckpointPublisher({
    trees: {
      businesses: async (after: string | null) => Object.entries(histories).map(([id, { size }]) => ({ id, size })).filter(({ id }) => after === null || id > after),
      rootHash: async (id: string, size: number) => histories[id]!.root(size),
    } as unknown as TreeQueries,
    signer, files: new CheckpointFiles(folder), announce, clock: { now: () => Date.UTC(2026, 0, 1) }, isCaughtUp: async () => caughtUp, onProblem: (message) => problems.push(message),
  });
  const published = (id: string) => readFileSync(join(folder, `${id}.ndjson`), 'utf8').split('\n').filter((line) => line !== '');
  const sizes = (id: string) => published(id).map((line) => (JSON.parse(line) as { size: number }).size);

  it('adds a line for each business that has grown, and none for the others', async () => {
    histories = { a: new History().grow(3), b: new History().grow(1) };
    const mine = publisher();
    await mine.publish();
    histories.a!.grow(2);
    await mine.publish();
    await mine.publish();
    expect([sizes('a'), sizes('b')]).toEqual([[3, 5], [1]]);
  });

  it('writes lines that verify offline', async () => {
    histories = { a: new History().grow(3) };
    await publisher().publish();
    expect(checkCheckpoint(parseCheckpoint(published('a').at(-1)!), 'a', verifier)).toBeNull();
  });

  it('goes on after a restart, also behind a line that a crash cut off', async () => {
    histories = { a: new History().grow(3) };
    await publisher().publish();
    appendFileSync(join(folder, 'a.ndjson'), '{"businessId":"a","si');
    await publisher().publish();
    expect(published('a')).toHaveLength(2);
    histories.a!.grow(1);
    await publisher().publish();
    expect(published('a')).toHaveLength(3);
    expect(parseCheckpoint(published('a')[2]!).head.size).toBe(4);
  });

  it('tells of a history that was changed, and signs it no more', async () => {
    histories = { a: new History().grow(3), b: new History().grow(1) };
    await publisher().publish();
    histories.a!.become(new History().grow(4, 'forged entry'));
    histories.b!.grow(1);
    const mine = publisher();
    await mine.publish();
    await mine.publish();
    expect(problems).toEqual([expect.stringContaining('does not agree with its published checkpoint')]);
    expect([sizes('a'), sizes('b')]).toEqual([[3], [1, 2]]);
  });

  it('tells of a history whose end was cut off, but not of one that is not read to its end yet', async () => {
    histories = { a: new History().grow(3) };
    await publisher().publish();
    histories.a!.become(new History().grow(2));
    const mine = publisher();
    caughtUp = false;
    await mine.publish();
    expect(problems).toEqual([]);
    caughtUp = true;
    await mine.publish();
    expect(problems).toEqual([expect.stringContaining('cut off')]);
  });

  it('announces the newest of each business until it is taken', async () => {
    histories = { a: new History().grow(3) };
    const taken: (readonly PublishedCheckpoint[])[] = [];
    let answers = [500, 204];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => { body += chunk.toString(); }).on('end', () => {
        const status = answers.shift() ?? 204;
        if (status === 204) taken.push((JSON.parse(body) as { checkpoints: PublishedCheckpoint[] }).checkpoints);
        response.writeHead(status).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const mine = publisher(webhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`));
    await mine.publish();
    expect(problems).toEqual(['checkpoints could not be announced and will be again']);
    histories.a!.grow(1);
    await mine.publish();
    answers = [500];
    await mine.publish();
    expect(taken).toEqual([[expect.objectContaining({ businessId: 'a', size: 4, note: expect.stringContaining('rolebook/a\n4\n') })]]);
    expect(checkCheckpoint(parseCheckpoint(taken[0]![0]!.note), 'a', verifier)).toBeNull();
    await new Promise((resolve) => server.close(resolve));
  });

  it('publishes what there is when it stops', async () => {
    const mine = publisher();
    mine.start(3_600_000);
    await mine.publish();
    histories = { a: new History().grow(1) };
    await mine.stop();
    expect(sizes('a')).toEqual([1]);
  });
});
