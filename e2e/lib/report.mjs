// Finding things in a report.

/** A metric of the whole run by its name. With several populations that is the entry without a population. */
export function metric(report, name) {
  const entries = report.metrics.filter((entry) => entry.name === name);
  const found = entries.length > 1 ? entries.find((entry) => !entry.tags.population) : entries[0];
  if (!found) throw new Error(`${name} was not measured; what was: ${report.metrics.map((entry) => entry.name).join(', ')}`);
  return found;
}

/** A metric of one of several populations. */
export function metricOf(report, population, name) {
  const found = report.metrics.find((entry) => entry.name === name && entry.tags.population === population);
  if (!found) throw new Error(`${name} of ${population} was not measured`);
  return found;
}

/** The sum of a counter over all populations. */
export function counter(report, name) {
  return report.counters.filter((entry) => entry.name === name).reduce((sum, entry) => sum + entry.count, 0);
}

/** The worst of the load workers, for a figure of their lag. @returns {number | undefined} */
export function worstLag(report, figure) {
  const lags = report.health.workers.filter((worker) => !worker.probe && worker.lag).map((worker) => worker.lag[figure]);
  return lags.length ? Math.max(...lags) : undefined;
}

/** The same, where it has to have been measured. */
export function knownLag(report, figure) {
  const lag = worstLag(report, figure);
  if (lag === undefined) throw new Error('the lag of no worker was measured');
  return lag;
}

/** All errors, in words, for messages of failed checks. */
export const errorsInWords = (report) =>
  report.errors.map((error) => `${error.count} x ${error.operation} ${error.code} (${error.phase}): ${error.sample}`);
