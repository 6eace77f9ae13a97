import { type ComponentProps, lazy, type ReactNode, Suspense } from 'react';
import { Waiting } from '../parts/waiting.tsx';

const EChart = lazy(() => import('./echart.tsx'));

/** A chart that loads ECharts on demand. */
export function LazyChart(props: ComponentProps<typeof EChart>): ReactNode {
  return (
    <Suspense
      fallback={
        <div style={{ minHeight: props.height }}>
          <Waiting what="the chart" />
        </div>
      }
    >
      <EChart {...props} />
    </Suspense>
  );
}
