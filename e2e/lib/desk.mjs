// The desk of live control, as a person uses it, and how fast the server's counts go on meanwhile.
import { setTimeout as pause } from 'node:timers/promises';

import * as at from './locators.mjs';

export function deskOf(page) {
  const desk = at.desk(page);
  return {
    /** Chooses the population that is steered. */
    steer: (population) => desk.getByLabel('Steer', { exact: true }).selectOption({ label: population }),
    /** Types a number into a field. */
    async turn(name, value) {
      const field = desk.getByLabel(name, { exact: true });
      await field.fill(String(value));
      await field.press('Enter');
    },
    slider: (name) => desk.getByLabel(`${name}, slider`, { exact: true }),
    /** Presses a button, twice if it asks. */
    async press(name) {
      await desk.getByRole('button', { name, exact: true }).click();
      const sure = desk.getByRole('button', { name: `Yes: ${name}`, exact: true });
      if (await sure.isVisible()) await sure.click();
    },
  };
}

/**
 * How much each number that `count` answers with grows a second, from now for so long.
 * @template {string} Name
 * @param {number} seconds
 * @param {() => Promise<Record<Name, number>>} count
 * @returns {Promise<Record<Name, number>>}
 */
export async function during(seconds, count) {
  const [before, began] = [await count(), performance.now()];
  await pause(seconds * 1_000);
  const after = await count();
  const took = (performance.now() - began) / 1_000;
  const rates = Object.entries(after).map(([name, total]) => [name, (total - before[name]) / took]);
  return Object.fromEntries(rates);
}

export const near = (found, wanted, share) => Math.abs(found / wanted - 1) <= share;
