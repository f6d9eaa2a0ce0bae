import { execFileSync } from 'node:child_process';
import { HEAP_FLAGS } from './heap';

it.each(HEAP_FLAGS)('the heap is bounded by %s, which this V8 knows: of one that it does not know it says nothing', (flag) => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toContain(`--${flag.replace(/^--(no-)?/, '').replace(/=.*$/, '')} (`);
});
