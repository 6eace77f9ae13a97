/** The frame of a chart: name, description and download buttons. */
import { type ReactNode, useRef } from 'react';
import { save } from '../parts/save.ts';

interface ChartFrameProps {
  readonly label: string;
  /** Name of downloaded files. */
  readonly name: string;
  readonly csv?: () => string;
  readonly children: ReactNode;
}

export function ChartFrame({ label, name, csv, children }: ChartFrameProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
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
        {csv && (
          <button
            type="button"
            className="quiet small"
            aria-label={`${name}: save as CSV`}
            onClick={() => save(`${name}.csv`, new Blob([csv()], { type: 'text/csv' }))}
          >
            CSV
          </button>
        )}
      </figcaption>
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
