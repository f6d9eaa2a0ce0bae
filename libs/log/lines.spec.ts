import { Lines } from './lines';

const quiet = { once: () => process };

describe('lines on their way out', () => {
  it('go out together, in order, each with its end', () => {
    const written: string[] = [];
    const lines = new Lines((text) => written.push(text), quiet);
    lines.add('one');
    lines.add('two');
    expect(written).toEqual([]);
    lines.flush();
    expect(written).toEqual(['one\ntwo\n']);
  });

  it('do not wait once they are many', () => {
    const written: string[] = [];
    const lines = new Lines((text) => written.push(text), quiet);
    for (let n = 0; n < 40; n++) lines.add('x'.repeat(1024));
    lines.flush();
    expect(written.map((text) => text.split('\n').length - 1)).toEqual([32, 8]);
  });

  it('go out by themselves', async () => {
    const out = new Promise<string>((resolve) => new Lines(resolve, quiet).add('one'));
    const alive = setInterval(() => undefined, 50);
    expect(await out).toBe('one\n');
    clearInterval(alive);
  });

  it('write nothing where there is nothing', () => {
    const written: string[] = [];
    new Lines((text) => written.push(text), quiet).flush();
    expect(written).toEqual([]);
  });
});
