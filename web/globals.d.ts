/** The page includes it by a tag; its types are in packages that only a build fetches. */
declare const uPlot: any;
/** The script of a saved report stands behind the chart's. */
declare const LiveChart: typeof import("../src/ui/chart/chart.js").LiveChart;
