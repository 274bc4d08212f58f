/** http and https become ws and wss. */
function webSocketScheme(address) {
  return address.includes('://') ? address.replace(/^http/i, 'ws') : `ws://${address}`;
}

/** Query parameters; one whose value is null is left out. */
function parameters(entries) {
  const given = entries.filter(([, value]) => value !== null && value !== undefined);
  return given.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(text(value))}`).join('&');
}
