import { connect, type Socket } from 'node:net';
import type { Life } from './life';
import type { Exit } from './service';

const DRAINED_WITHIN_MS = 10_000;

/**
 * Stops the service as a supervisor does, in the middle of work, with connections open that are in no hurry: some that never sent anything, one that sent
 * half a request, one that was answered and is kept, one that follows the audit log. @returns how it ended
 */
export async function terminateUnderLoad(life: Life): Promise<Exit> {
  const service = await life.settled();
  const open = [
    ...await Promise.all(['', '', '', 'GET /health/live HTTP/1.1\r\nHost: half', 'GET /health/live HTTP/1.1\r\nHost: kept\r\n\r\n'].map((text) => opened(service.port, text))),
    await opened(service.port, `GET /v1/audit/stream HTTP/1.1\r\nHost: follows\r\nAuthorization: Bearer ${life.token}\r\n\r\n`),
  ];
  let stopped = false;
  const working = life.workUntil(() => stopped);
  await new Promise((done) => { setTimeout(done, 500); });
  const exit = await service.terminate();
  stopped = true;
  await working;
  for (const socket of open) socket.destroy();
  if (exit.code !== 0 || exit.signal !== null) life.problems.push(`told to stop, the service ended with ${exit.signal ?? `code ${exit.code}`}`);
  if (exit.afterMs > DRAINED_WITHIN_MS) life.problems.push(`told to stop, the service took ${Math.round(exit.afterMs)} ms to end`);
  await life.check();
  return exit;
}

function opened(port: number, text: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', fail).on('error', () => undefined).resume();
      if (text !== '') socket.write(text);
      done(socket);
    }).once('error', fail);
  });
}
