// uPlot takes functions as options, which are plainer here than through wasm-bindgen. One class, one chart.

const HEIGHT = 220;
const NARROW_HEIGHT = 180;

const numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits }));

/** A number with three significant digits and its unit. */
function format(value, unit) {
  if (value == null) return "–";
  const size = Math.abs(value);
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  const text = numbers[digits].format(value);
  return unit ? `${text}\u00a0${unit}` : text;
}

/** Seconds since the start as 1:05 or 1:02:03. */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Asking the style sheet costs a style calculation, and each frame of each chart asks for a dozen colours. */
const colours = new Map();
function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colours.get(name);
}

/** Without this library no chart can be drawn: its script was not loaded. */
export function canDraw() {
  return typeof uPlot === "function";
}

export class LiveChart {
  /**
   * `series`: [{label, reference, hidden}]. Says "visible" to `onVisible` when it comes into view, and the second of a point that
   * is picked to `onPick`; without that, points lead nowhere. `state` is that of the chart that stood here before: what a person
   * has set there stays.
   */
  constructor(element, unit, series, onVisible, onPick, state) {
    this.onPick = onPick;
    this.visible = state?.visible ?? false;
    this.zoomed = state?.zoom != null;
    this.zoom = state?.zoom;
    series = series.map((one) => ({ ...one, hidden: state?.hidden.get(one.label) ?? one.hidden }));
    this.references = new Set(series.flatMap(({ reference }, at) => (reference ? [at + 1] : [])));
    this.leave = new AbortController();
    this.plot = new uPlot(this.#options(element, unit, series), [[], ...series.map(() => [])], element);
    this.#makeLegendUsable();
    this.suspectKey = this.#suspectKey();
    this.#makePointsUsable(element);
    this.resizes = new ResizeObserver(() => this.#fit(element));
    this.resizes.observe(element);
    this.sights = new IntersectionObserver((entries) => {
      this.visible = entries[entries.length - 1].isIntersecting;
      if (this.visible) onVisible();
    });
    this.sights.observe(element);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => {
      colours.clear();
      this.plot.redraw(false);
      this.#repaintLegend();
    };
    this.scheme.addEventListener("change", this.repaint);
    this.themes = new MutationObserver(this.repaint);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /**
   * Columns of equal length, the first one seconds; NaN is a gap. `marks`: [{at_s, label, series}], where something happened;
   * `series` counts from 0 and is missing where a chart shows one run. `suspect`: [[from, to]], suspect seconds.
   */
  update(columns, marks, suspect) {
    this.marks = marks;
    this.suspect = suspect;
    this.suspectKey.hidden = suspect.length === 0;
    const gaps = ([seconds, ...rest]) => [seconds, ...rest.map((values) => Array.from(values, (v) => (Number.isNaN(v) ? null : v)))];
    this.plot.setData(gaps(columns), !this.zoomed);
    if (this.zoom) {
      this.plot.setScale("x", this.zoom);
      this.zoom = undefined;
    }
    if (this.zoomed) this.plot.redraw();
    // Of data that leave the zoom as it is, the library tells its legend nothing.
    this.plot.setLegend(undefined, false);
  }

  /** The newest moment at which any of the shown lines has a value, of several runs all lines: one for the whole legend. */
  #newest(plot) {
    const [seconds = [], ...lines] = plot.data ?? [];
    const shown = lines.filter((_, at) => plot.series[at + 1].show && !this.references.has(at + 1));
    const newest = (known) => seconds.findLastIndex((_, at) => known((values) => values[at] != null));
    const ofAll = this.onPick ? -1 : newest((has) => shown.length > 0 && shown.every(has));
    const found = ofAll < 0 ? newest((has) => shown.some(has)) : ofAll;
    return found < 0 ? seconds.length - 1 : found;
  }

  state() {
    const { min, max } = this.plot.scales.x;
    const hidden = new Map(this.plot.series.slice(1).map(({ label, show }) => [label, !show]));
    return { visible: this.visible, zoom: this.zoomed ? { min, max } : undefined, hidden };
  }

  destroy() {
    this.resizes.disconnect();
    this.sights.disconnect();
    this.themes.disconnect();
    this.leave.abort();
    this.scheme.removeEventListener("change", this.repaint);
    this.plot.destroy();
  }

  #options(element, unit, series) {
    const axis = {
      stroke: () => colour("--muted"),
      grid: { stroke: () => colour("--border"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    return {
      width: Math.max(element.clientWidth, 100),
      height: this.#height(element),
      // Hovering one chart shows the same moment in all.
      padding: [10, 12, 0, 0],
      cursor: { sync: { key: "run" }, points: { size: 6 }, drag: { x: true, y: false } },
      legend: { live: true },
      // The first point stands where its second ends; what happens before that is on the chart, too.
      scales: { x: { time: false, range: (_, min, max) => [this.zoomed ? min : 0, max] }, y: { range: (_, min, max) => [Math.min(0, min ?? 0), (max || 1) * 1.08] } },
      axes: [
        { ...axis, values: (_, marks) => marks.map(clock), size: 28, incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] },
        { ...axis, values: (_, marks) => marks.map((mark) => format(mark, unit)), size: 64 },
      ],
      series: [
        { label: "Time", value: (plot, value) => clock(value ?? plot.data?.[0][this.#newest(plot)] ?? 0) },
        ...series.map(({ label, reference, hidden }, at) => ({
          label,
          show: !hidden,
          stroke: () => colour(reference ? "--muted" : `--series-${at + 1}`),
          fill: reference || unit === "ms" ? undefined : () => `${colour(`--series-${at + 1}`)}14`,
          width: reference ? 1 : 1.75,
          dash: reference ? [5, 4] : undefined,
          points: { show: false },
          spanGaps: reference,
          value: (plot, value, index, row) => format(row == null ? plot.data?.[index][this.#newest(plot)] : value, unit),
        })),
      ],
      hooks: {
        setSelect: [(plot) => { this.zoomed ||= plot.select.width > 0; }],
        // What is shown now may be known until another moment.
        setSeries: [(plot) => plot.setLegend(undefined, false)],
        drawClear: [(plot) => this.#drawSuspect(plot)],
        draw: [(plot) => this.#drawMarks(plot)],
        // Before the chart itself hears of it and sets the scale.
        ready: [(plot) => plot.over.addEventListener("dblclick", () => { this.zoomed = false; }, { capture: true })],
      },
    };
  }

  /** A hatched band behind the lines for each span of suspect seconds. */
  #drawSuspect(plot) {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio || 1;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (const [from, to] of this.suspect ?? []) {
      const [left, right] = [from, to].map((second) => plot.valToPos(second, "x", true));
      ctx.rect(left, bbox.top, Math.max(right - left, 1), bbox.height);
    }
    ctx.fillStyle = colour("--warn-soft");
    ctx.fill();
    ctx.clip();
    ctx.beginPath();
    for (let x = bbox.left - bbox.height; x < bbox.left + bbox.width; x += 8 * scale) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.globalAlpha = 0.25;
    ctx.strokeStyle = colour("--warn");
    ctx.lineWidth = scale;
    ctx.setLineDash([]);
    ctx.stroke();
    ctx.restore();
  }

  /** A line for each mark, with its label in the list of what happened; labels that would cover each other are left out. */
  #drawMarks(plot) {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio || 1;
    let free = -Infinity;
    ctx.save();
    ctx.lineWidth = scale;
    ctx.setLineDash([2 * scale, 3 * scale]);
    ctx.font = `${10 * scale}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    const inOrder = [...(this.marks ?? [])].sort((a, b) => a.at_s - b.at_s);
    for (const { at_s, label, series } of inOrder) {
      const x = Math.round(plot.valToPos(at_s, "x", true)) + 0.5;
      if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
      ctx.strokeStyle = ctx.fillStyle = colour(series === undefined ? "--muted" : `--series-${series + 1}`);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (x < free) continue;
      ctx.fillText(label, x + 2 * scale, bbox.top);
      free = x + ctx.measureText(label).width + 6 * scale;
    }
    ctx.restore();
  }

  /** What the bands mean, below the legend. */
  #suspectKey() {
    const key = document.createElement("p");
    key.className = "suspect-key";
    key.append(document.createElement("span"), "suspect: may be the generator's own delay");
    this.plot.root.append(key);
    return key;
  }

  #isSuspect(second) {
    return (this.suspect ?? []).some(([from, to]) => from < second && second <= to);
  }

  #height(element) {
    return element.clientWidth < 420 ? NARROW_HEIGHT : HEIGHT;
  }

  #fit(element) {
    // A hidden page has no width; its charts keep theirs.
    if (element.clientWidth > 0) this.plot.setSize({ width: element.clientWidth, height: this.#height(element) });
  }

  /** A click on a point, or Enter at the cursor that the arrow keys move, picks that second. */
  #makePointsUsable(element) {
    const { over } = this.plot;
    const pick = () => {
      const second = this.plot.data[0][this.plot.cursor.idx];
      if (second !== undefined) this.onPick?.(second);
    };
    let pressed;
    over.addEventListener("mousedown", ({ clientX }) => { pressed = clientX; });
    // Who drags, zooms.
    over.addEventListener("click", ({ clientX }) => { if (Math.abs(clientX - pressed) < 3) pick(); });
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    const picks = this.onPick ? ", Enter shows who was behind a point" : "";
    element.setAttribute("aria-label", `Chart. Left and right move along it${picks}.`);
    const said = document.createElement("p");
    said.className = "unseen";
    said.setAttribute("role", "status");
    element.append(said);
    // The element outlives this chart when another takes its place.
    this.leave.signal.addEventListener("abort", () => said.remove());
    // Who leaves takes the cursor along: the legend shows the newest moment again.
    element.addEventListener("blur", () => this.plot.setCursor({ left: -10, top: -10 }), { signal: this.leave.signal });
    element.addEventListener("keydown", (event) => {
      if (event.target !== element) return;
      const seconds = this.plot.data[0];
      if (event.key === "Enter") return pick();
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined || seconds.length === 0) return;
      event.preventDefault();
      const at = Math.max(0, Math.min((this.plot.cursor.idx ?? seconds.length) + step, seconds.length - 1));
      // A height that is on the chart; only the time matters.
      this.plot.setCursor({ left: this.plot.valToPos(seconds[at], "x"), top: 1 });
      const rows = [...this.plot.root.querySelectorAll(".u-legend .u-series:not(.u-off)")];
      const words = rows.map((row) => row.textContent.trim());
      said.textContent = [...words, ...(this.#isSuspect(seconds[at]) ? ["suspect"] : [])].join(", ");
    }, { signal: this.leave.signal });
  }

  /** uPlot asks for a marker's colours once. */
  #repaintLegend() {
    this.plot.root.querySelectorAll(".u-legend .u-marker").forEach((marker, at) => {
      const { stroke, fill } = this.plot.series[at];
      if (stroke) marker.style.borderColor = stroke(this.plot, at);
      if (fill) marker.style.background = fill(this.plot, at);
    });
  }

  /** uPlot's legend toggles by mouse only. */
  #makeLegendUsable() {
    this.plot.root.querySelectorAll(".u-legend .u-series").forEach((row, at) => {
      const head = row.querySelector("th");
      if (at === 0 || !head) return;
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      const tell = () => head.setAttribute("aria-pressed", String(!row.classList.contains("u-off")));
      head.addEventListener("click", () => queueMicrotask(tell));
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        head.click();
      });
      tell();
    });
  }
}
