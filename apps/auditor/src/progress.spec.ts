import { Progress } from './progress';

function world(isInteractive: boolean): { progress: Progress; said: string[]; wait: (milliseconds: number) => void } {
  let now = 0;
  const said: string[] = [];
  const terminal = { out: () => undefined, err: (text: string) => { said.push(text); }, isInteractive };
  return { progress: new Progress(terminal, 'lines verified', () => now), said, wait: (milliseconds) => { now += milliseconds; } };
}

describe('progress', () => {
  it('is not spoken of where the work is short', () => {
    const { progress, said, wait } = world(true);
    wait(100);
    progress.report(10_000, 0.9);
    progress.end();
    expect(said).toEqual([]);
  });

  it('is one line on a terminal, written over and taken away', () => {
    const { progress, said, wait } = world(true);
    wait(1000);
    progress.report(1_000_000, 0.5);
    wait(1000);
    progress.report(2, 1);
    progress.end();
    expect(said).toEqual(['\rlines verified: 1,000,000, 50 %, 1 s', '\rlines verified: 2, 100 %, 2 s       ', `\r${' '.repeat(29)}\r`]);
  });

  it('is a line now and then elsewhere', () => {
    const { progress, said, wait } = world(false);
    for (let i = 1; i <= 30; i++) {
      wait(1000);
      progress.report(i);
    }
    progress.end();
    expect(said).toEqual(['lines verified: 10, 10 s\n', 'lines verified: 20, 20 s\n', 'lines verified: 30, 30 s\n']);
  });
});
