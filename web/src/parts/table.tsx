import type { CSSProperties, ReactNode } from 'react';

/** The head of a column of numbers, which are aligned on the right; its cells have the class `number`. */
interface NumericHead {
  readonly numeric: ReactNode;
}

export function numeric(text: ReactNode): NumericHead {
  return { numeric: text };
}

interface TableProps {
  /** Label of the scrollable region, for screen readers. */
  readonly label: string;
  /** Column headers; one that starts with a space is only for screen readers. */
  readonly heads: readonly (string | NumericHead)[];
  readonly className?: string;
  readonly style?: CSSProperties;
  /** Rows. */
  readonly children: ReactNode;
}

/** A table that scrolls horizontally if it is too wide, also with the keyboard. */
export function Table({ label, heads, className, style, children }: TableProps): ReactNode {
  return (
    <section className="scroll" aria-label={label} tabIndex={0} style={style}>
      <table className={className}>
        <thead>
          <tr>
            {heads.map((head, i) =>
              typeof head === 'string' ? (
                <th key={i} scope="col">
                  {head.startsWith(' ') ? <span className="hidden">{head.trim()}</span> : head}
                </th>
              ) : (
                <th key={i} scope="col" className="number">
                  {head.numeric}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
