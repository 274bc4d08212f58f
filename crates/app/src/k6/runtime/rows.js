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
