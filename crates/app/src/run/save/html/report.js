// Draws a report's charts from the data beside them, and does what its two buttons say.

/**
 * Something that every report has.
 * @returns {HTMLElement}
 */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const { seconds, marks, suspect, charts } = JSON.parse(byId("tabswarm-charts").textContent);

function show(figure) {
  const { unit, views } = charts[figure.dataset.chart];
  const place = figure.querySelector(".plot");
  let live;
  const draw = (lines) => {
    const before = live?.state();
    live?.destroy();
    // Nobody is behind a point of a file.
    live = new LiveChart(place, unit, lines, () => {}, undefined, before);
    live.update([seconds, ...lines.map((line) => line.values)], marks, suspect);
  };
  figure.querySelector("select")?.addEventListener("change", (event) => draw(views[event.target.value]));
  draw(views[0]);
}

// Without its chart library a report has no figures.
if (typeof uPlot !== "undefined") document.querySelectorAll("figure[data-chart]").forEach(show);

const print = byId("print");
print.hidden = false;
print.addEventListener("click", () => window.print());

const save = byId("save-data");
save.hidden = false;
save.addEventListener("click", () => {
  const text = byId("tabswarm-report").textContent;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `tabswarm-${JSON.parse(text).run}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
});

// Paper is white, and nobody can open on it what is closed. The long definitions stay closed.
let unfolded = [];
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.theme = "light";
  unfolded = [...document.querySelectorAll("details.prints:not([open])")];
  for (const one of unfolded) one.open = true;
});
window.addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  for (const one of unfolded) one.open = false;
});
