/**
 * Loaded into the service before itself (`--require`): watches the event loop of its main thread from `begin` on, and tells when asked over the
 * channel. Costs nothing while it is not asked to.
 * `delayMs`: how late timers were (perf_hooks), which on a busy machine counts the times when the process had no processor.
 * `workMs`: the longest that the thread was on the processor between two looks at the timers, by the kernel's count: an upper bound of any
 * one piece of synchronous work. The kernel brings its count up to date every few milliseconds only, so where less time has passed altogether, that is taken.
 * Without the kernel's count (other systems than Linux) it is `null`.
 * `garbageMs`: the longest collection of garbage (perf_hooks), with what other threads on the same core did meanwhile.
 */
const { openSync, readSync, writeFileSync } = require('node:fs');
const { monitorEventLoopDelay, performance, PerformanceObserver } = require('node:perf_hooks');

const delay = monitorEventLoopDelay({ resolution: 1 });
/** Opened once: to open, read and close it at each look was 3 % of what it watched. */
const schedstat = (() => {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`);
  } catch {
    return null;
  }
})();
const digits = Buffer.alloc(64);
const onProcessor = () => (schedstat === null ? null : Number(digits.latin1Slice(0, readSync(schedstat, digits, 0, digits.length, 0)).split(' ', 1)[0]) / 1e6);

let last = onProcessor();
let lastLook = performance.now();
let longest = 0;
const look = () => {
  const now = onProcessor();
  const at = performance.now();
  if (now !== null && last !== null) longest = Math.max(longest, Math.min(now - last, at - lastLook));
  [last, lastLook] = [now, at];
};
let garbageMs = 0;
const garbage = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) garbageMs = Math.max(garbageMs, duration);
});
let looking = null;

/** A profile of what the main thread does between the two words, as Chrome's tools read it. */
let session = null;
const profile = (file) => {
  if (file === null) {
    const { Session } = require('node:inspector');
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 250 });
    return session.post('Profiler.start', () => process.send('profiling'));
  }
  session.post('Profiler.stop', (_error, { profile }) => {
    writeFileSync(file, JSON.stringify(profile));
    session.disconnect();
    process.send(file);
  });
};

process.on('message', (question) => {
  if (question?.profile !== undefined) profile(question.profile);
  else if (question === 'begin') {
    delay.reset();
    delay.enable();
    look();
    longest = garbageMs = 0;
    garbage.observe({ entryTypes: ['gc'] });
    looking = setInterval(look, 2).unref();
  } else if (question === 'loop') {
    clearInterval(looking);
    delay.disable();
    process.send({ delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }, workMs: last === null ? null : longest, garbageMs });
    garbage.disconnect();
  }
});
process.channel?.unref();
