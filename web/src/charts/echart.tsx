/** Charts other than lines, drawn by ECharts with only the modules in use, loaded on demand. */
import { CustomChart, HeatmapChart, ParallelChart, ScatterChart } from 'echarts/charts';
import {
  DataZoomComponent,
  GridComponent,
  ParallelComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type ReactNode, useEffect, useRef } from 'react';
import { useColour } from '../theme.ts';
import { type Box, dragBoxes } from './box.ts';
import { ChartFrame } from './frame.tsx';
import type { ChartTable } from './table.tsx';

use([
  CanvasRenderer,
  CustomChart,
  DataZoomComponent,
  GridComponent,
  HeatmapChart,
  ParallelChart,
  ParallelComponent,
  ScatterChart,
  TooltipComponent,
  VisualMapComponent,
]);

/** Chart options; the type of the library would include every kind of chart. */
export type ChartOption = Readonly<Record<string, unknown>>;

interface EChartProps {
  readonly label: string;
  readonly name: string;
  readonly option: ChartOption;
  readonly height: number;
  /** What it shows. */
  readonly table: () => ChartTable;
  /** Called with every box that is dragged in the grid. */
  readonly onBox?: (box: Box, event: MouseEvent) => void;
  readonly on?: Readonly<Record<string, (event: unknown, chart: ECharts) => void>>;
}

export default function EChart({ label, name, option, height, table, on, onBox }: EChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | undefined>(undefined);
  const handlers = useRef(on);
  handlers.current = on;
  const latestOnBox = useRef(onBox);
  latestOnBox.current = onBox;
  const colour = useColour();

  useEffect(() => {
    const element = place.current!;
    const made = init(element, undefined, { renderer: 'canvas' });
    chart.current = made;
    for (const event of Object.keys(handlers.current ?? {})) {
      made.on(event, (params: unknown) => handlers.current?.[event]?.(params, made));
    }
    const endBoxes = latestOnBox.current && dragBoxes(made, (box, event) => latestOnBox.current?.(box, event));
    const resized = new ResizeObserver(() => made.resize());
    resized.observe(element);
    return () => {
      resized.disconnect();
      endBoxes?.();
      made.dispose();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(
      { animation: false, textStyle: { color: colour('--soft') }, ...option },
      { notMerge: true },
    );
  }, [option, colour]);

  return (
    <ChartFrame label={label} name={name} table={table}>
      <div ref={place} className="echart" style={{ height }} />
    </ChartFrame>
  );
}
