// One line of a run in progress.

/** Rates are over the time since the last line. */
export function progressLine(status, last, now) {
  const seconds = (now.at - last.at) / 1_000;
  const rate = (count, before) => (seconds > 0 ? Math.round((count - before) / seconds) : 0);
  return [
    `${clock(status.elapsed_s)} / ${clock(status.planned_s)}`,
    status.phase.padEnd(8),
    `users ${status.users.connected} of ${status.users.target}`.padEnd(18),
    `sent ${rate(now.sent, last.sent)}/s`.padEnd(12),
    `received ${rate(now.received, last.received)}/s`.padEnd(18),
    `errors ${status.errors}`,
  ].join('  ');
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
