// Plain-text tables: the first column to the left, figures to the right.

/** @param {string[]} head @param {unknown[][]} rows */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ');
  return cells.map((row) => line(row).trimEnd()).join('\n');
}

/** Milliseconds with as many digits as mean something. */
export function milliseconds(value) {
  if (value === undefined || value === null) return undefined;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
