import { execFileSync } from 'node:child_process';
import { HEAP_GROWTH } from './heap-growth';

it('the growth of the heap is bounded by a flag that this V8 knows: of one that it does not know it says nothing', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect(known).toContain(`${HEAP_GROWTH.replace(/=.*$/, '')} (`);
});
