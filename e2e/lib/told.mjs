// What went wrong in the page, in the words of a command line.

/** Without where it came from in the page's code; hosts that are not allowed are named with the option that allows them. @param {Error} error */
export function told(error) {
  const message = error.message.replace(/^page\.evaluate: (Error: )?/, '').replace(/\n\s+at [\s\S]*$/, '');
  const options = [...message.matchAll(/load on (\S+) has not been allowed/g)].map(([, host]) => `--allow ${host}`);
  return options.length ? `${message}: ${options.join(' ')} allows it` : message;
}
