/**
 * Loaded into the service before itself (`--require`): watches the event loop of its main thread, and tells when asked over the channel.
 * `delayMs`: how late timers were (perf_hooks), which on a busy machine counts the times when the process had no processor.
 * `workMs`: the longest that the thread was on the processor between two looks at the timers, by the kernel's count: an upper bound of any
 * one piece of synchronous work. Without the kernel's count (other systems than Linux) it is `null`.
 */
const { readFileSync } = require('node:fs');
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
delay.enable();
setInterval(look, 2).unref();

process.on('message', (question) => {
  if (question === 'begin') {
    delay.reset();
    look();
    longest = 0;
  } else if (question === 'loop') {
    process.send({ delayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }, workMs: last === null ? null : longest });
  }
});
process.channel?.unref();
