// Waiting is for a condition, never for a length of time.
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `condition` again and again until it answers with something truthy, and answers with that.
 * @template T
 * @param {string} what the condition in words, for the error
 * @param {() => T | Promise<T>} condition may be asynchronous; a throw counts as "not yet", unless its error is `fatal`
 * @param {{within?: number, every?: number}} [options] milliseconds
 * @returns {Promise<Exclude<T, false | null | undefined | 0 | ''>>}
 */
export async function until(what, condition, { within = 10_000, every = 50 } = {}) {
  const deadline = Date.now() + within;
  let last;
  for (;;) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      if (error.fatal) throw error;
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${within} ms in vain for: ${what}`, { cause: last });
    }
    await pause(every);
  }
}

/** An error that waiting cannot mend. */
export const fatal = (message) => Object.assign(new Error(message), { fatal: true });
