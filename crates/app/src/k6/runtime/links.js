/** http and https become ws and wss. */
function webSocketScheme(address) {
  return address.includes('://') ? address.replace(/^http/i, 'ws') : `ws://${address}`;
}

/** k6 tells of every end but 1000 and 1001 by an error first, and the server's code stands in its text alone. */
function closeCode(code, trouble) {
  const told = /\bclose (\d{4})\b/.exec(trouble);
  return told ? Number(told[1]) : code || (trouble ? 1006 : 1005);
}

/** Query parameters; one whose value is null is left out. */
function parameters(entries) {
  const given = entries.filter(([, value]) => value !== null && value !== undefined);
  return given.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(text(value))}`).join('&');
}
