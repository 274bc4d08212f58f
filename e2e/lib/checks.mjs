// What must hold, in the words of a story.
import assert from 'node:assert/strict';

import { counter, errorsInWords, metric } from './report.mjs';

/**
 * @param {RunReport} report
 * @param {{except?: (error: any) => boolean}} [options]
 */
export function noErrors(report, { except = () => false } = {}) {
  const errors = report.errors.filter((error) => !except(error));
  assert.deepEqual(errorsInWords({ errors }), []);
}

/** Two sides counted the same thing; `pairs` is {what: [ours, theirs]}. */
export function bothSidesAgree(pairs) {
  const ours = Object.fromEntries(Object.entries(pairs).map(([what, [mine]]) => [what, mine]));
  const theirs = Object.fromEntries(Object.entries(pairs).map(([what, [, other]]) => [what, other]));
  assert.deepEqual(ours, theirs);
  const empty = Object.keys(ours).filter((what) => !ours[what]);
  assert.deepEqual(empty, [], 'a count of nothing proves nothing');
}

/** Frames of an event as we counted them in (`in`) or out (`out`). */
export const events = (report, direction, event) => counter(report, `events.${direction}.${event}`);

export function between(what, value, low, high) {
  assert.ok(value >= low && value <= high, `${what} is ${value}, not between ${low} and ${high}`);
}

/** Every delivery that was owed is a sample of fan-out; what nobody owed may be none. */
export function sampledDeliveries(report) {
  const { arrived, delivered } = report.delivery;
  between('samples of fan-out', metric(report, 'message.fanout').count, delivered, arrived);
}

/**
 * The end of something that depends on how fast the machine is: what we promise on one that does nothing else, which
 * `cargo xtask bench --only page` holds us to, and what is wrong on any machine, which every story does.
 */
export const end = ({ promised, anywhere }) => (process.env.TABSWARM_PROMISED ? promised : anywhere);
