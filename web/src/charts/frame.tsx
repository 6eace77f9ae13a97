/** The frame of a chart: name, description, the numbers as a table, and download buttons. */
import { type ReactNode, useRef, useState } from 'react';
import { save } from '../parts/save.ts';
import { type ChartTable, csvOf, NumbersTable } from './table.tsx';

interface ChartFrameProps {
  readonly label: string;
  /** Name of downloaded files. */
  readonly name: string;
  readonly table: () => ChartTable;
  /** Where the view has a table with more than the chart has. */
  readonly hasOwnTable?: boolean | undefined;
  readonly children: ReactNode;
}

export function ChartFrame({ label, name, table, hasOwnTable = false, children }: ChartFrameProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [isOpen, open] = useState(false);
  const png = () => {
    const canvas = frame.current?.querySelector('canvas');
    if (canvas) pictureOf(canvas).toBlob((blob) => blob && save(`${name}.png`, blob));
  };
  return (
    <figure className="chart" ref={frame} style={{ margin: 0 }}>
      <div role="img" aria-label={label}>
        {children}
      </div>
      <figcaption className="row small" style={{ justifyContent: 'end' }}>
        <button type="button" className="quiet small" onClick={png} aria-label={`${name}: save as PNG`}>
          PNG
        </button>
        <button
          type="button"
          className="quiet small"
          aria-label={`${name}: save as CSV`}
          onClick={() => save(`${name}.csv`, new Blob([csvOf(table())], { type: 'text/csv' }))}
        >
          CSV
        </button>
        {!hasOwnTable && (
          <button type="button" className="quiet small" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
            Table<span className="hidden"> of {name}</span>
          </button>
        )}
      </figcaption>
      {isOpen && <NumbersTable label={`${name}: table`} table={table()} />}
    </figure>
  );
}

/** Adds a background, because the canvas of a chart is transparent. */
function pictureOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  picture.width = canvas.width;
  picture.height = canvas.height;
  const context = picture.getContext('2d')!;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(canvas, 0, 0);
  return picture;
}
