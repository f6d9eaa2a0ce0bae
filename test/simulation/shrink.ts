import type { Script, Step } from './script';

/**
 * Leaves steps out as long as the script still fails: halves first, then quarters, and single steps in the end
 * (delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
 * @param tries how many scripts may be played for it
 */
export async function shrink(script: Script, fails: (script: Script) => Promise<boolean>, tries = 300): Promise<Script> {
  let { steps } = script;
  let left = tries;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length && left > 0;) {
      const fewer: readonly Step[] = [...steps.slice(0, at), ...steps.slice(at + size)];
      left--;
      if (await fails({ ...script, steps: fewer })) steps = fewer;
      else at += size;
    }
  }
  return { ...script, steps };
}
