import type { ReactNode } from 'react';

interface SidewaysProps {
  /** For screen readers: the region can be focused, so that the keyboard scrolls it. */
  readonly label: string;
  /** The least width of the content, in pixels. */
  readonly width: number;
  readonly children: ReactNode;
}

/** Scrolls its content horizontally where there is less room than `width`. */
export function Sideways({ label, width, children }: SidewaysProps): ReactNode {
  return (
    <section className="sideways" aria-label={label} tabIndex={0}>
      <div style={{ minWidth: width }}>{children}</div>
    </section>
  );
}
