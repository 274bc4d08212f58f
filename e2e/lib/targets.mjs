// Which servers a plan is aimed at.

/** The plan for a lab that listens elsewhere than the preset thinks. */
export function presetForLab(plan, url) {
  const populations = plan.populations.map((population) => ({
    ...population,
    variables: { ...population.variables, target: url },
  }));
  return { ...plan, populations };
}

/** Origins named in the plan's variables and inline scenarios that are not on this machine. */
export function farTargets(plan) {
  const far = new Set();
  for (const { variables, scenario } of plan.populations) {
    for (const text of textsIn([variables, scenario?.variables, scenario?.connect?.url])) {
      const url = /^(https?|wss?):\/\//.test(text) && URL.canParse(text) && new URL(text);
      if (url && !isLoopback(url.hostname)) far.add(url.origin);
    }
  }
  return [...far];
}

function* textsIn(value) {
  if (typeof value === 'string') yield value;
  else if (value && typeof value === 'object') for (const child of Object.values(value)) yield* textsIn(child);
}

const isLoopback = (host) => host === 'localhost' || host === '[::1]' || host.endsWith('.localhost') || /^127\./.test(host);
