/** Who user n is: a pattern for each column, or a row of a file; the last one is the set-up's. */
function accountsOf(population, { columns, file }) {
  if (file) {
    const rows = new SharedArray(population, () => rowsOf(open(__ENV[file] || `./${population}.csv`)));
    return (n) => (n === 'once' ? rows[rows.length - 1] : rows[n - 1]);
  }
  const plain = population.toLowerCase().replace(/[^a-z0-9]/g, '-');
  const patterns = Object.entries(columns).map(([column, pattern]) => [column, typeof pattern === 'string' ? pattern : secret(pattern.secret)]);
  const filled = (pattern, n, run) => pattern.replaceAll('{n}', n).replaceAll('{run}', run).replaceAll('{population}', plain);
  return (n, run) => Object.fromEntries(patterns.map(([column, pattern]) => [column, filled(pattern, n, run)]));
}

/** The rows of a CSV file as objects. A value between double quotes may hold separators, and a double quote written twice. */
function rowsOf(file) {
  const separator = [',', ';', '\t'].sort((a, b) => file.split('\n')[0].split(b).length - file.split('\n')[0].split(a).length)[0];
  const rows = [];
  let [row, value, quoted] = [[], '', false];
  const endValue = () => { row.push(value); value = ''; };
  const endRow = () => { endValue(); if (row.length > 1 || row[0] !== '') rows.push(row); row = []; };
  const characters = file.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n');
  for (let place = 0; place < characters.length; place += 1) {
    const character = characters[place];
    if (quoted && character === '"' && characters[place + 1] === '"') { value += '"'; place += 1; }
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === separator) endValue();
    else if (!quoted && character === '\n') endRow();
    else value += character;
  }
  endRow();
  const [columns, ...users] = rows;
  return users.map((values) => Object.fromEntries(columns.map((column, place) => [column.trim(), values[place]])));
}
