import { LineTooLong, splitLines } from './lines';

async function split(chunks: readonly string[], limit?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(chunks.map((chunk) => Buffer.from(chunk)), limit)) lines.push(Buffer.from(line).toString());
  return lines;
}

describe('bytes cut into lines', () => {
  it.each<[string, string[], string[]]>([
    ['nothing', [], []], ['one line', ['a\n'], ['a']], ['the last without its end', ['a\nb'], ['a', 'b']], ['empty lines', ['\n\na\n'], ['', '', 'a']],
    ['lines over chunks', ['a', 'b\nc', '', 'd\n', 'e'], ['ab', 'cd', 'e']], ['the end in a chunk of its own', ['ab', '\n', 'c\n'], ['ab', 'c']],
    ['what other readers take for an end', ['a\u2028b\rc\n'], ['a\u2028b\rc']],
  ])('%s', async (_what, chunks, lines) => {
    expect(await split(chunks)).toEqual(lines);
  });

  it('are as long as the limit, and no longer, wherever the chunks end', async () => {
    expect(await split(['abcd\nab', 'cd\nabcd'], 4)).toEqual(['abcd', 'abcd', 'abcd']);
    expect(await split(['abcd\nabcd\n'], 4)).toEqual(['abcd', 'abcd']);
    for (const chunks of [['abcde\n'], ['abc', 'de\n'], ['abc', 'de'], ['abcd\nabcde']]) await expect(split(chunks, 4)).rejects.toThrow(LineTooLong);
    await expect(split(['abcde'], 4)).rejects.toMatchObject({ name: 'LineTooLong', limit: 4, message: 'the line is longer than 4 bytes' });
  });

  it('may have 16 MiB where nobody says otherwise', async () => {
    const most = 16 * 1024 * 1024;
    expect((await split(['x'.repeat(most)]))[0]).toHaveLength(most);
    await expect(split(['x'.repeat(most + 1)])).rejects.toThrow(new LineTooLong(most));
  });
});
