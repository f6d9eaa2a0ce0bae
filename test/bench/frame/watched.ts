import { figureOf, type Line } from './figures';
import type { Service } from './service';

/** Milliseconds that one piece of work may keep everybody else waiting. */
const MOST_MS = 10;

/** Watches the service's event loop while something is measured. @param what it is, for the line that comes of it */
export async function watched<Result>(service: Service, what: string, work: () => Promise<Result>): Promise<{ readonly result: Result; readonly loop: Line }> {
  service.beginLoop();
  const result = await work();
  const { workMs, delayMs, garbageMs } = await service.loop();
  const loop: Line = {
    what: `longest work on the event loop, ${what}`, yardstick: null, ours: `garbage at most ${garbageMs.toFixed(1)} ms, timers late by ${delayMs.max.toFixed(1)}`,
    value: figureOf([workMs ?? delayMs.max], (value) => value), unit: 'ms', goal: { atMost: MOST_MS },
  };
  return { result, loop };
}
