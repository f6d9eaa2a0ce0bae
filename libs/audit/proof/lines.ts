const LINE_FEED = 0x0a;

/** A line is longer than any that an export holds. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
  constructor(readonly limit: number) {
    super(`the line is longer than ${limit} bytes`);
  }
}

/**
 * Cuts bytes into lines at line feeds, and only there: readline also cuts at U+2028, which JSON text may hold.
 * Holds one line at a time. The lines come as bytes, so that whoever reads them sees what is no UTF-8.
 * @param limit bytes in a line, at most
 * @throws {LineTooLong}
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit = 16 * 1024 * 1024): AsyncGenerator<Uint8Array, void, void> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      if (length + end - start > limit) throw new LineTooLong(limit);
      yield length === 0 ? chunk.subarray(start, end) : Buffer.concat([...held, chunk.subarray(start, end)]);
      held = [];
      length = 0;
      start = end + 1;
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > limit) throw new LineTooLong(limit);
  }
  if (length > 0) yield Buffer.concat(held);
}
