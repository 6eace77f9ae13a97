/** A tooltip for the point nearest to the cursor; a click opens it. */
import type uPlot from 'uplot';

/** What a point of a chart stands for. */
export interface Hit {
  /** The lines of the tooltip; the first is its title. */
  readonly text: readonly string[];
  readonly open: () => void;
}

/** In pixels. */
const REACH = 24;

interface Near {
  readonly line: number;
  readonly index: number;
  readonly distance: number;
}

/** The nearest point of any line; at the index of the cursor only the vertical distance counts, so that lines with few points can be hit. */
function nearest(plot: uPlot): Near | undefined {
  const { left = -1, top = -1 } = plot.cursor;
  const idx = plot.cursor.idx ?? undefined;
  if (idx === undefined || left < 0) return undefined;
  const xs = plot.data[0];
  let best: Near | undefined;
  const consider = (index: number, across: number) => {
    for (let line = 0; line < plot.data.length - 1; line++) {
      const y = plot.data[line + 1]![index];
      if (y == null || !plot.series[line + 1]!.show) continue;
      const distance = Math.hypot(across, plot.valToPos(y, 'y') - top);
      if (distance <= REACH && (best === undefined || distance < best.distance)) best = { line, index, distance };
    }
  };
  for (const step of [-1, 1]) {
    for (let index: number = step < 0 ? idx : idx + 1; index >= 0 && index < xs.length; index += step) {
      const across: number = Math.abs(plot.valToPos(xs[index]!, 'x') - left);
      if (index !== idx && across > REACH / 2) break;
      consider(index, index === idx ? 0 : across);
    }
  }
  return best;
}

export function hoverPlugin(hitOf: (line: number, index: number) => Hit | undefined): uPlot.Plugin {
  const tip = document.createElement('div');
  const ring = document.createElement('div');
  tip.className = 'chart-tooltip';
  ring.className = 'chart-ring';
  let hit: Hit | undefined;
  const show = (plot: uPlot) => {
    const near = nearest(plot);
    hit = near && hitOf(near.line, near.index);
    tip.hidden = ring.hidden = hit === undefined;
    plot.over.style.cursor = hit === undefined ? '' : 'pointer';
    if (near === undefined || hit === undefined) return;
    tip.replaceChildren(
      ...hit.text.map((text, i) => {
        const line = document.createElement(i === 0 ? 'strong' : 'div');
        line.textContent = text;
        return line;
      }),
    );
    const left = plot.valToPos(plot.data[0][near.index]!, 'x');
    const top = plot.valToPos(plot.data[near.line + 1]![near.index]!, 'y');
    ring.style.transform = `translate(${left}px, ${top}px)`;
    // Beside the point, on the side that has room.
    const { clientWidth, clientHeight } = plot.over;
    const x = left > clientWidth / 2 ? left - tip.offsetWidth - 12 : left + 12;
    const y = Math.min(Math.max(top - tip.offsetHeight / 2, 0), Math.max(0, clientHeight - tip.offsetHeight));
    tip.style.transform = `translate(${Math.max(x, 0)}px, ${y}px)`;
  };
  return {
    hooks: {
      init: (plot) => {
        tip.hidden = ring.hidden = true;
        plot.over.append(ring, tip);
        plot.over.addEventListener('click', () => hit?.open());
      },
      setCursor: show,
    },
  };
}
