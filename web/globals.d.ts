/** The page includes it by a tag; its types are in packages that only a build fetches. */
declare const uPlot: any;
