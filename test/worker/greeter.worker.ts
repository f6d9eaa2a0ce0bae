import { parentPort, workerData } from 'node:worker_threads';
import { spawnWorker } from '@rolebook/worker';
import { shouting } from './greeting';

class Greeter {
  @shouting()
  greet(name: string): string {
    return `hello ${name}`;
  }
}

parentPort?.on('message', (message: string) => {
  if (message === 'fail') throw new Error('asked to fail');
  parentPort?.postMessage({
    greeting: new Greeter().greet(message),
    workerData: workerData as unknown,
    arguments: process.argv.slice(2),
    alias: typeof spawnWorker,
  });
});
