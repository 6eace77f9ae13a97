/** A box that is dragged in a chart. */
import type { ECharts } from 'echarts/core';
import type uPlot from 'uplot';

/** In the units of the axes; of an axis of categories their indices. */
export interface Box {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

/** What dragging does; with Shift it does the other. */
export type DragMode = 'zoom' | 'select';

export function modeOf(mode: DragMode, { shiftKey }: { readonly shiftKey: boolean }): DragMode {
  return (mode === 'select') === shiftKey ? 'zoom' : 'select';
}

/** In pixels; less is a click. */
const LEAST = 4;

/** Makes dragging in a line chart select a box where that is its mode. */
export function boxOptions(
  mode: () => DragMode,
  onBox: (box: Box) => void,
): Pick<uPlot.Options, 'plugins'> & { readonly bind: uPlot.Cursor.Bind } {
  const mousedown: uPlot.Cursor.MouseListenerFactory = (plot, _, handler) => (event) => {
    if (event.button !== 0) return null;
    const selects = modeOf(mode(), event) === 'select';
    const drag = plot.cursor.drag!;
    drag.y = selects;
    drag.setScale = !selects;
    return handler(event);
  };
  const setSelect = (plot: uPlot) => {
    const { left, top, width, height } = plot.select;
    if (plot.cursor.drag!.setScale || (width === 0 && height === 0)) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width < LEAST && height < LEAST) return;
    onBox({
      x: [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')],
      y: [plot.posToVal(top + height, 'y'), plot.posToVal(top, 'y')],
    });
  };
  return { bind: { mousedown }, plugins: [{ hooks: { setSelect } }] };
}

/** Draws a box while somebody drags over the grid of a chart by ECharts; returns a function that ends this. */
export function dragBoxes(chart: ECharts, onBox: (box: Box, event: MouseEvent) => void): () => void {
  const place = chart.getDom();
  const frame = document.createElement('div');
  frame.className = 'chart-box';
  let start: readonly [number, number] | undefined;
  const pointOf = ({ clientX, clientY }: MouseEvent): [number, number] => {
    const { left, top } = place.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  const down = (event: MouseEvent) => {
    const point = pointOf(event);
    if (event.button !== 0 || !chart.containPixel('grid', point)) return;
    // Otherwise texts would be selected too.
    event.preventDefault();
    start = point;
  };
  const move = (event: MouseEvent) => {
    if (start === undefined) return;
    const [x, y] = pointOf(event);
    place.append(frame);
    frame.style.left = `${Math.min(x, start[0])}px`;
    frame.style.top = `${Math.min(y, start[1])}px`;
    frame.style.width = `${Math.abs(x - start[0])}px`;
    frame.style.height = `${Math.abs(y - start[1])}px`;
  };
  const up = (event: MouseEvent) => {
    if (start === undefined) return;
    const [from, to] = [start, pointOf(event)];
    start = undefined;
    frame.remove();
    if (Math.abs(to[0] - from[0]) < LEAST && Math.abs(to[1] - from[1]) < LEAST) return;
    const [a, b] = [from, to].map((point) => chart.convertFromPixel('grid', [...point])) as [number[], number[]];
    const sorted = (i: number): [number, number] => [Math.min(a[i]!, b[i]!), Math.max(a[i]!, b[i]!)];
    onBox({ x: sorted(0), y: sorted(1) }, event);
  };
  place.addEventListener('mousedown', down);
  document.addEventListener('mousemove', move);
  document.addEventListener('mouseup', up);
  return () => {
    place.removeEventListener('mousedown', down);
    document.removeEventListener('mousemove', move);
    document.removeEventListener('mouseup', up);
  };
}
