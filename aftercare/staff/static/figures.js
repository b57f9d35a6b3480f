// Draws the charts with uPlot; the same figures stand in the tables below for those who cannot see them.

const style = getComputedStyle(document.documentElement);
/** @param {string} name of a custom property */
const colour = (name) => style.getPropertyValue(name).trim();

/**
 * What a template puts into data-chart.
 * @typedef {object} Chart
 * @property {number[]} x seconds of the days
 * @property {{label: string, y: (number | null)[]}[]} lines
 */

/** @type {NodeListOf<HTMLElement>} */
const places = document.querySelectorAll("[data-chart]");
for (const place of places) {
  /** @type {Chart} */
  const { x, lines } = JSON.parse(place.dataset.chart ?? "");
  const share = place.dataset.share === "yes";
  const shown = (/** @type {number | null} */ value) =>
    value == null ? "–" : share ? `${(value * 100).toFixed(1)} %` : String(value);
  const day = new Intl.DateTimeFormat(place.dataset.lang, { timeZone: "UTC", month: "short", day: "numeric" });
  const strokes = ["--accent", "--error", "--warning"].map(colour);
  const dashes = [[], [8, 4], [2, 3]]; // told apart without colour as well
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  const size = () => ({ width: Math.max(280, place.clientWidth), height: 220 });
  const plot = new window.uPlot(
    {
      ...size(),
      tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: share ? { y: { range: [0, 1] } } : { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => day.format(tick * 1000)), space: 70 },
        {
          ...axis,
          size: 60,
          values: (_, ticks) => ticks.map((tick) => (share ? `${Math.round(tick * 100)} %` : tick)),
        },
      ],
      series: [
        { label: place.dataset.day, value: (_, at) => (at == null ? "–" : day.format(at * 1000)) },
        ...lines.map((line, at) => ({
          label: line.label,
          stroke: strokes[at],
          width: 2,
          dash: dashes[at],
          points: { show: x.length < 40 },
          value: (/** @type {Plot} */ _plot, /** @type {number | null} */ value) => shown(value),
        })),
      ],
    },
    [x, ...lines.map((line) => line.y)],
    place,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(place);
}
