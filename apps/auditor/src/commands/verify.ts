import { createReadStream, readFileSync, statSync } from 'node:fs';
import {
  fromBase64, MalformedNote, parseCheckpoint, parseVerifierKey, splitLines, verifyExport, type ExportVerdict, type VerifyExportOptions,
} from '@rolebook/audit/proof';
import { defineCommand, EXIT, NotTried } from '../command';
import { Progress } from '../progress';
import { count, facts, table } from '../table';
import type { Terminal } from '../terminal';

export const command = defineCommand({
  summary: 'prove, offline, that an export of the audit log was not tampered with',
  positionals: [{ name: 'EXPORT', help: 'an export in NDJSON form, as GET /v1/audit/export?format=ndjson gives it; - reads standard input' }],
  options: {
    checkpoint: { type: 'string', value: 'FILE', required: true, help: 'the signed head of the history: the answer of GET /v1/audit/checkpoint, or a published checkpoint.\nTake it from somewhere else than the export, and best an old one besides' },
    key: { type: 'string', value: 'FILE', required: true, help: 'the public key that the checkpoints are signed with: a PEM, or a note verifier key (name+id+base64).\nTake it from somewhere that you trust: whoever exchanges the key can sign anything' },
    consistency: { type: 'string', value: 'FILE', help: 'where export and checkpoint are of different moments: the answer of\nGET /v1/audit/proofs/consistency?from=SMALLER&to=LARGER' },
  },
  description: `
Nothing but these files is needed: no server, no database, no network. The command recomputes the Merkle tree over the
history from the stored events in the export, and fails, naming the line, where an entry was edited, dropped, reordered,
added or cut off, or where the checkpoint is of another history. A filtered export is proven entry by entry: each is in the
history, in its place; that the filter left nothing out is said by the server's signature alone.
What is proven, against whom, and what is not, is written in docs/audit.md.`,
  examples: [
    { does: 'prove an export against the checkpoint of the same moment', command: 'auditor verify export.ndjson --checkpoint checkpoint.json --key checkpoint-key.pem' },
    { does: 'prove that last year\'s checkpoint is of the same history', command: 'auditor verify export.ndjson --checkpoint checkpoint-2025.txt --key checkpoint-key.pem' },
    { does: 'verify a compressed export, for a program', command: 'zcat export.ndjson.gz | auditor verify - --checkpoint checkpoint.json --key checkpoint-key.pem --json' },
  ],
  async run({ options, positionals: [file = '-'], terminal }) {
    const key = parseKey(options.key);
    const signed = tryTo(() => ({
      checkpoint: parseCheckpoint(read(options.checkpoint)),
      consistency: options.consistency === undefined ? undefined : parseConsistency(read(options.consistency)),
    }));
    const head = 'wrong' in signed ? null : signed.checkpoint.head;
    const verdict = 'wrong' in signed ? unread(signed.wrong) : await verify(file, { key, ...signed }, terminal);
    terminal.out(options.json ? `${JSON.stringify({ export: file, checkpoint: head && { size: head.size, at: head.at }, ...verdict })}\n` : describe(file, head, verdict));
    return verdict.ok ? EXIT.ok : EXIT.failed;
  },
});

const entries = ['entry', 'entries'] as const;

async function verify(file: string, options: VerifyExportOptions, terminal: Terminal): Promise<ExportVerdict> {
  const progress = new Progress(terminal, 'lines verified');
  const size = file === '-' ? null : sizeOf(file);
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    return await verifyExport(splitLines(counted()), { ...options, onProgress: (lines) => progress.report(lines, size ? bytes / size : undefined) });
  } catch (error) {
    throw isFileError(error) ? new NotTried(`${file} cannot be read: ${error.message}`) : error;
  } finally {
    progress.end();
  }
}

function describe(file: string, head: { readonly size: number; readonly at: string } | null, verdict: ExportVerdict): string {
  const { ok, lines, businessId, size, rootHash, filter, exportedAt, problems, problemCount } = verdict;
  const about = facts([
    ['Export', `${file}, ${count(lines, entries)}${size === null ? '' : filter === null ? ', the whole history' : `, filtered by ${filter}`}`],
    ...(size === null ? [] : ([
      ['Business', businessId ?? ''],
      ['Exported', exportedAt ?? ''],
      ['History', `${count(size, entries)}, root hash ${rootHash ?? ''}`],
    ] as const)),
    ...(head ? [['Checkpoint', `${count(head.size, entries)}, of ${head.at}${ok && size !== null && head.size < size ? `; of the ${count(size - head.size, entries)} after it only the export's own seal speaks` : ''}`] as const] : []),
    ['Result', ok ? `VERIFIED: ${proven(filter)}` : `NOT VERIFIED: ${count(problemCount, ['problem', 'problems'])}`],
  ]);
  if (ok) return about;
  const rest = problemCount - problems.length;
  return `${about}\n${table(['LINE', 'PROBLEM'], problems.map(({ line, what }) => [line === null ? '-' : String(line), what]))}${rest > 0 ? `and ${count(rest)} more\n` : ''}`;
}

function proven(filter: string | null): string {
  return filter === null
    ? 'nothing was changed, dropped, reordered or added'
    : 'every entry is in the history, unchanged and in order; that the filter left nothing out, the server says';
}

/** What a file that is no checkpoint comes to: nothing is proven, and the export is not read. */
function unread(wrong: string): ExportVerdict {
  return {
    ok: false, lines: 0, businessId: null, size: null, rootHash: null, filter: null, exportedAt: null,
    problems: [{ line: null, what: `${wrong}; the export was not read` }], problemCount: 1,
  };
}

function parseKey(file: string): VerifyExportOptions['key'] {
  const key = tryTo(() => parseVerifierKey(read(file)));
  if ('wrong' in key) throw new NotTried(`--key ${file}: ${key.wrong}`);
  return key;
}

function parseConsistency(text: string): NonNullable<VerifyExportOptions['consistency']> {
  const malformed = new MalformedNote('the consistency proof is not {from, to, path: [base64, ...]}');
  try {
    const { from, to, path } = JSON.parse(text) as Partial<Record<'from' | 'to' | 'path', unknown>>;
    if (typeof from !== 'number' || typeof to !== 'number' || !Array.isArray(path)) throw malformed;
    const hashes = path.map((hash: unknown) => (typeof hash === 'string' ? fromBase64(hash) : null));
    if (!hashes.every((hash) => hash !== null)) throw malformed;
    return { from, to, path: hashes };
  } catch (error) {
    throw error instanceof SyntaxError ? malformed : error;
  }
}

function tryTo<T extends object>(work: () => T): T | { wrong: string } {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MalformedNote)) throw error;
    return { wrong: error.message };
  }
}

function read(file: string): string {
  return reading(file, () => readFileSync(file, 'utf8'));
}

function sizeOf(file: string): number {
  return reading(file, () => statSync(file).size);
}

function reading<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isFileError(error) ? new NotTried(`${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`) : error;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}
