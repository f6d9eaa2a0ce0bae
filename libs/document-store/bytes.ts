/**
 * A text whose characters are the bytes of its UTF-8: what a page is put together from, and sent as `latin1`. One name in Thai makes each character
 * of a whole page two bytes wide, and writing such a page as UTF-8 costs seven times what copying its bytes does. JSON stays JSON: all its marks are ASCII.
 */
export function asBytes(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}

/** The text that {@link asBytes} was given. */
export function fromBytes(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}
