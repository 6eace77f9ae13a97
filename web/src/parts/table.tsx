import type { CSSProperties, ReactNode } from 'react';

interface TableProps {
  /** Of the region that scrolls, for whoever moves by regions. */
  readonly label: string;
  /** By column; one that begins with a space is for screen readers alone. */
  readonly heads: readonly string[];
  readonly className?: string;
  readonly style?: CSSProperties;
  /** Rows. */
  readonly children: ReactNode;
}

/** A table that scrolls by itself where it is too wide, with keys too. */
export function Table({ label, heads, className, style, children }: TableProps): ReactNode {
  return (
    <section className="scroll" aria-label={label} tabIndex={0} style={style}>
      <table className={className}>
        <thead>
          <tr>
            {heads.map((head, i) => (
              <th key={i} scope="col">
                {head.startsWith(' ') ? <span className="hidden">{head.trim()}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
