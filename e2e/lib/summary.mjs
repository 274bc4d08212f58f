// A report in a terminal.
import { worstLag } from './report.mjs';
import { milliseconds, table } from './table.mjs';

/** Everything of a report that a person asks first. */
export function summary(report) {
  const parts = [operations(report), errors(report), disconnects(report), delivery(report), health(report), thresholds(report), verdict(report), insights(report)];
  return parts.filter(Boolean).join('\n\n');
}

/** What says how well the generator did has a line of its own. */
const GENERATOR = ['worker.lag', 'pacing.error'];

function operations(report) {
  const metrics = report.metrics.filter((metric) => !GENERATOR.includes(metric.name));
  const several = metrics.some((metric) => metric.tags.population) && metrics.some((metric) => !metric.tags.population);
  const failed = new Map(report.operations.map((operation) => [operation.name, operation.failed]));
  const rows = metrics.map((metric) => [
    several ? `${metric.name} (${metric.tags.population ?? 'all'})` : metric.name,
    metric.count,
    failed.get(metric.name),
    ...[metric.p50, metric.p95, metric.p99, metric.max].map(milliseconds),
  ]);
  // An operation may have failures without a latency of its own; they must not be missing here.
  const measured = new Set(metrics.map((metric) => metric.name));
  for (const { name, succeeded, failed } of report.operations) {
    if (!measured.has(name)) rows.push([name, succeeded, failed, undefined, undefined, undefined, undefined]);
  }
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  return table(['operation', 'count', 'errors', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'], rows);
}

function errors({ errors }) {
  if (!errors.length) return 'no errors';
  const rows = errors.map((error) => [
    `${error.operation} ${error.code}`,
    error.phase,
    error.count,
    error.sample.replaceAll('\n', ' ').slice(0, 60),
  ]);
  return table(['error', 'phase', 'count', 'first one'], rows);
}

/** Connections that were lost, and attempts that never became one. */
function disconnects({ disconnects }) {
  const lost = disconnects.filter((disconnect) => !['user', 'service'].includes(disconnect.by));
  if (!lost.length) return undefined;
  const rows = lost.map(({ code, reason, by, phase, population, count }) => [`${code} ${reason}`, by, phase === 'connecting' ? 'never connected' : phase, population, count]);
  return table(['closed', 'closed by', 'phase', 'population', 'count'], rows);
}

function delivery({ delivery }) {
  if (!delivery.sent) return undefined;
  const { sent, due, delivered, missing, duplicated, own_copies, reordered, late } = delivery;
  return (
    `delivery: ${sent} messages sent, ${due} deliveries due, ${delivered} delivered, ${missing} missing, ` +
    `${duplicated} duplicated, ${own_copies ?? 0} own copies, ${reordered} reordered, ${late} late`
  );
}

function health(report) {
  const { workers, pacing_error, staleness_max_ms, hidden_s } = report.health;
  const figures = [
    ['worker lag p99', milliseconds(worstLag(report, 'p99')), 'ms'],
    ['pacing error p99', milliseconds(pacing_error?.p99), 'ms'],
    ['behind the probe at most', milliseconds(staleness_max_ms), 'ms'],
    ['busy at most', Math.round(Math.max(0, ...workers.map((worker) => worker.busy_max)) * 100), '%'],
    ['hidden', hidden_s > 0 ? hidden_s.toFixed(1) : undefined, 's'],
  ];
  const known = figures.filter(([, value]) => value !== undefined);
  return `generator: ${known.map((figure) => figure.join(' ')).join(', ')}`;
}

function thresholds({ thresholds }) {
  if (!thresholds.length) return undefined;
  const verdicts = { pass: 'ok', fail: 'FAILED', not_measured: 'not measured', invalid: 'not judged' };
  const rows = thresholds.map(({ expression, value, outcome }) => [
    expression,
    value === null || value === undefined ? undefined : Number(value.toPrecision(4)),
    verdicts[outcome],
  ]);
  return table(['threshold', 'measured', ''], rows);
}

/** What all that is worth, and why. */
function verdict({ verdict }) {
  if (!verdict) return undefined;
  const { outcome, so_far, sentence, reasons } = verdict;
  return [`verdict: ${outcome.toUpperCase()}${so_far ? ' so far' : ''}`, ...(sentence ? [`  ${sentence}`] : []), ...reasons.map(({ text }) => `  ${text}`)].join('\n');
}

/** What stands out; reports of earlier versions do not say. */
function insights({ insights = [] }) {
  if (!insights.length) return undefined;
  return ['what stands out:', ...insights.map(({ happened, may_mean, to_do }) => `  ${happened}\n    ${may_mean} ${to_do}`)].join('\n');
}
