// The libraries in vendor/ that the pages load before their modules, as far as these use them, for type checks.

interface Htmx {
  process(element: Element): void;
  ajax(verb: string, path: string, context: { target: string }): Promise<void>;
}

declare const htmx: Htmx;

declare const Idiomorph: {
  morph(
    old: Element,
    fresh: Element,
    options: {
      callbacks: {
        beforeNodeMorphed(old: Node, fresh: Node): boolean;
        beforeNodeRemoved(node: Node): boolean;
        beforeAttributeUpdated(name: string, element: Element): boolean;
      };
    },
  ): void;
};

interface Plot {
  setSize(size: { width: number; height: number }): void;
}

interface PlotAxis {
  stroke: string;
  grid: { stroke: string };
  ticks: { stroke: string };
  values: (plot: Plot, ticks: number[]) => (string | number)[];
  space?: number;
  size?: number;
}

interface PlotSeries {
  label?: string;
  stroke?: string;
  width?: number;
  dash?: number[];
  points?: { show: boolean };
  value: (plot: Plot, value: number | null) => string;
}

interface PlotOptions {
  width: number;
  height: number;
  tzDate: (seconds: number) => Date;
  scales: { y: { range: [number, number] | ((plot: Plot, low: number, high: number) => [number, number]) } };
  axes: PlotAxis[];
  series: PlotSeries[];
}

interface Window {
  uPlot: {
    new (options: PlotOptions, data: (number | null)[][], place: Element): Plot;
    tzDate(date: Date, zone: string): Date;
  };
}
