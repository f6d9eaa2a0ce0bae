import { fstatSync, readSync, writeSync } from 'node:fs';

/** Fields of the database header and of a b-tree page header: https://www.sqlite.org/fileformat2.html, sections 1.3 and 1.6. */
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const LARGEST_ROOT_AT = 52;
const CELLS_AT = 3;
const CONTENT_AT = 5;
const INTERIOR_HEADER_BYTES = 12;
const LEAF_HEADER_BYTES = 8;
const INTERIOR = [2, 5];
const LEAF = [10, 13];
/** Other pages begin with a page number, whose first byte is 0 or 1 in a smaller file than this: no page is taken for another kind. */
const MOST_PAGES = 2 ** 25;

/**
 * Writes zeros where the pages of an SQLite database hold nothing.
 *
 * `secure_delete` overwrites what is deleted where it stands. But when SQLite moves rows between pages it leaves their bytes
 * behind, in the gap of the old page, and there they outlive a later deletion. Those gaps are what this clears.
 *
 * The write-ahead log must be empty, and no connection may write that has read the pages before: it would write the old gaps back.
 * Readers are not disturbed, and being cut short does no harm.
 * @param handle the database file, open for reading and writing. Keep it open as long as this process has the database open:
 *   closing it would let go of SQLite's own locks (POSIX advisory locks end with any close)
 * @param from first page, counted from 0
 * @param most pages to go through in one call
 * @returns the page to go on with; 0 when all are done
 * @throws {Error} for a file of another layout
 */
export function wipeUnusedBytes(handle: number, from: number, most: number): number {
  const size = fstatSync(handle).size;
  if (size < HEADER_BYTES) return 0;
  const header = Buffer.alloc(HEADER_BYTES);
  readSync(handle, header, 0, HEADER_BYTES, 0);
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT) === 1 ? 65_536 : header.readUInt16BE(PAGE_SIZE_AT);
  const pages = Math.floor(size / pageSize);
  if (header.readUInt32BE(LARGEST_ROOT_AT) !== 0 || pages >= MOST_PAGES) throw new Error('a database with auto-vacuum, or of more than 2^25 pages, cannot be wiped in place');
  const end = Math.min(pages, from + most);
  const page = Buffer.alloc(pageSize);
  const nothing = Buffer.alloc(pageSize);
  for (let number = from; number < end; number++) {
    readSync(handle, page, 0, pageSize, number * pageSize);
    const gap = gapOf(page, number === 0 ? HEADER_BYTES : 0);
    if (gap === null) continue;
    const bytes = page.subarray(gap.start, gap.end);
    const zeros = nothing.subarray(0, bytes.length);
    if (bytes.equals(zeros)) continue;
    writeSync(handle, zeros, 0, zeros.length, number * pageSize + gap.start);
  }
  return end >= pages ? 0 : end;
}

/** Between the pointers to the cells and the first cell; null for what is no b-tree page. */
function gapOf(page: Buffer, at: number): { readonly start: number; readonly end: number } | null {
  const kind = page[at] ?? 0;
  const headerBytes = INTERIOR.includes(kind) ? INTERIOR_HEADER_BYTES : LEAF.includes(kind) ? LEAF_HEADER_BYTES : null;
  if (headerBytes === null) return null;
  const start = at + headerBytes + 2 * page.readUInt16BE(at + CELLS_AT);
  const end = page.readUInt16BE(at + CONTENT_AT) || 65_536;
  return start <= end && end <= page.length ? { start, end } : null;
}
