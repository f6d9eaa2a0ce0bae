/**
 * Loaded into the service before itself (`--require`): watches the event loop of its main thread from `begin` on, and tells when asked over the
 * channel. Costs nothing while it is not asked to.
 * `delayMs`: how late timers were (perf_hooks), which on a busy machine counts the times when the process had no processor.
 * `workMs`: the longest that the thread was on the processor between two looks at the timers, by the kernel's count: an upper bound of any
 * one piece of synchronous work. Without the kernel's count (other systems than Linux) it is `null`.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const delay = monitorEventLoopDelay({ resolution: 1 });
const onProcessor = () => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return null;
  }
};

let last = onProcessor();
let longest = 0;
const look = () => {
  const now = onProcessor();
  if (now !== null && last !== null) longest = Math.max(longest, now - last);
  last = now;
};
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
    longest = 0;
    looking = setInterval(look, 2).unref();
  } else if (question === 'loop') {
    clearInterval(looking);
    delay.disable();
    process.send({ delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }, workMs: last === null ? null : longest });
  }
});
process.channel?.unref();
