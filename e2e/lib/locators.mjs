// Where things are on the page, by what a screen reader calls them.

export const startButton = (page) => page.getByRole('button', { name: 'Start', exact: true });
export const stopButton = (page) => page.getByRole('button', { name: 'Stop', exact: true });
export const copyLinkButton = (page) => page.getByRole('button', { name: 'Copy link' });
export const exportScriptButton = (page) => page.getByRole('button', { name: 'Export as k6 script' });
export const themeButton = (page) => page.getByRole('button', { name: /^Colours/ });
export const serverField = (page) => page.getByLabel('Server', { exact: true });
export const nameField = (page) => page.getByLabel('Name', { exact: true });
export const problems = (page) => page.getByRole('region', { name: 'Problems' });
export const jsonEditor = (page) => page.getByRole('textbox', { name: 'The plan as JSON' });
export const advanced = (page) => page.getByText('Advanced: the plan as JSON');
export const csvButton = (page) => page.getByRole('button', { name: 'From a CSV file' });
/** Where a file of accounts can be dropped. */
export const dropPlace = (page) => page.locator('.file.drop').filter({ visible: true });
/** A table of results by its name. */
export const table = (page, name) => page.getByRole('region', { name: `${name}, table` });
/** What the run is worth, in a word. */
export const verdict = (page, word) => page.getByRole('status').getByText(word, { exact: true });
export const notice = (page) => page.locator('.notice');
export const clipFiles = (page) => page.locator('input[type=file][accept^="audio"]');
/** A line of the list of clips. */
export const clip = (page, name) => page.getByRole('list', { name: 'Clips' }).getByRole('listitem').filter({ hasText: name });
export const clipTick = (page, name) => page.getByRole('checkbox', { name, exact: true });
/** A card by its title. */
export const region = (page, name) => page.getByRole('region', { name, exact: true });
export const hearCard = (page) => page.getByRole('region', { name: 'Hear one' });
export const seeCard = (page) => page.getByRole('region', { name: 'See one user' });
export const evidencePanel = (page) => page.getByRole('dialog', { name: 'Evidence' });
/** The run's state in the header. */
export const stateChip = (page) => page.getByRole('banner').locator('.chip');
export const swarmTab = (page) => page.getByRole('button', { name: 'Swarm', exact: true });
export const brokerField = (page) => page.getByLabel('Broker', { exact: true });
export const browserName = (page) => page.getByLabel('Name of this browser');
export const observeOnly = (page) => page.getByRole('checkbox', { name: /^Observe only/ });
export const patience = (page) => page.getByLabel('Browsers that lose this one play on for');
export const openSwarmButton = (page) => page.getByRole('button', { name: 'Open a swarm' });
export const planTab = (page) => page.getByRole('button', { name: 'Plan', exact: true });
/** What a link makes the page ask: before anything is connected to, and before anything is played. */
export const brokerQuestion = (page) => page.getByRole('dialog', { name: 'May this page talk to a broker?' });
export const loadQuestion = (page) => page.getByRole('dialog', { name: "May somebody else's load come from this browser?" });
export const connectButton = (page) => page.getByRole('button', { name: 'Connect', exact: true });
export const allowButton = (page) => page.getByRole('button', { name: 'Allow', exact: true });
export const refuseButton = (page) => page.getByRole('button', { name: 'Refuse', exact: true });
export const stopPartButton = (page) => page.getByRole('button', { name: 'Stop this browser' });
export const roster = (page) => page.getByRole('region', { name: 'Browsers, table' });
export const brokerUser = (page) => page.getByLabel('User name of the broker');
export const brokerPassword = (page) => page.getByLabel('Password of the broker');
export const logInButton = (page) => page.getByRole('button', { name: 'Log in' });
export const desk = (page) => page.getByRole('region', { name: 'Live control' });
export const happenings = (page) => page.getByRole('region', { name: 'What happened' });
export const resultsTab = (page) => page.getByRole('button', { name: 'Results', exact: true });
const kept = (page) => page.getByRole('region', { name: 'Kept runs, table' });
export const keptRuns = (page) => kept(page).locator('tbody tr');
export const keptRun = (page, name) => keptRuns(page).filter({ has: page.getByRole('button', { name, exact: true }) });
export const exportButton = (page) => page.getByRole('button', { name: 'Export all' });
export const compareButton = (page) => page.getByRole('button', { name: /^Compare/ });
/** Where a file of results can be dropped. */
export const resultFiles = (page) => page.locator('input[type=file][accept^=".jsonl"]');
/** A chart by its title, of those that are in view. */
export const canvas = (page, title) =>
  page.locator('figure.chart').filter({ has: page.getByRole('heading', { name: title, exact: true }), visible: true }).locator('canvas');
/** Of charts that have suspect seconds: what their bands mean. */
export const suspectKeys = (page) => page.locator('figure.chart').getByText(/^suspect/).filter({ visible: true });
