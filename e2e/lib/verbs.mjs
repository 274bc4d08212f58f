// What a person does on the page.
import * as at from './locators.mjs';
import { until } from './wait.mjs';

/** Presses Tab until the element has the focus. */
export async function tabTo(page, locator, { most = 120 } = {}) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab');
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${most} presses of Tab did not reach ${locator}`);
}

/** Waits until the header says so. */
export async function seeState(page, words, { within = 60_000 } = {}) {
  const chip = at.stateChip(page);
  await until(`the header to say ${words}`, async () => words.test(await chip.innerText()), { within });
}

/** Turns the colours until they are the wanted ones. */
export async function chooseColours(page, name) {
  const button = at.themeButton(page);
  for (let turn = 0; turn < 3 && !(await button.innerText()).includes(name); turn += 1) await button.click();
}

/** Opens a plan as a link does. */
export async function openPlan(page, plan) {
  const encoded = Buffer.from(JSON.stringify(plan)).toString('base64url');
  await page.evaluate((hash) => (location.hash = hash), `plan=${encoded}`);
  await until('the plan to be opened', async () => (await at.nameField(page).inputValue()) === plan.name);
}

export async function editJson(page, change) {
  if (!(await at.jsonEditor(page).isVisible())) await at.advanced(page).click();
  const text = await at.jsonEditor(page).inputValue();
  await at.jsonEditor(page).fill(change(text));
}

/** Drops a text file on an element, as from the desktop. */
export async function dropFile(page, locator, name, content) {
  const dataTransfer = await page.evaluateHandle(
    ({ name, bytes }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'text/csv' }));
      return transfer;
    },
    { name, bytes: [...Buffer.from(content)] },
  );
  for (const type of ['dragover', 'drop']) await locator.dispatchEvent(type, { dataTransfer });
}
