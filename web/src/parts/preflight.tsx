/** Pre-flight checks of the networks of a search. */

import type { ReactNode } from 'react';
import { formatNumber, formatValue, plural, severityTitle, words } from '../../../src/format.ts';
import type { Preflight } from '../api.ts';
import { Evidence } from './finding.tsx';
import { Sparkline } from './sparkline.tsx';
import { Table } from './table.tsx';

/** Up to this many layers, numbers are shorter than a sparkline. */
const FEW_LAYERS = 3;

export function PreflightTable({ preflight: { families, leftOut } }: { readonly preflight: Preflight }): ReactNode {
  const findings = families.flatMap((family) => family.findings.map((finding) => ({ ...finding, family })));
  return (
    <>
      <Table
        label="Pre-flight"
        heads={[
          'networks',
          ...(families[0]?.checks.map(({ check }) => words(check)) ?? []),
          'standard deviation by layer',
        ]}
        className="small"
      >
        {families.map(({ settings, example, points, checks, deviations }) => (
          <tr key={example}>
            <td>
              {settings.hiddenUnits.join('–') || 'no hidden layer'}, {settings.activation}, {settings.initializer}
              {settings.batchNorm && ', batch norm'} <span className="soft">×{points}</span>
            </td>
            {checks.map(({ check, passed, text }) => (
              <td key={check} title={text} className={passed ? '' : 'fault'}>
                {passed ? '✓ passed' : '✗ failed'}
              </td>
            ))}
            <td style={{ width: '7rem' }}>
              {deviations.length > FEW_LAYERS ? (
                <Sparkline
                  label={`standard deviation by layer: ${deviations.map(formatValue).join(', ')}`}
                  lines={[{ values: deviations, kind: 'spread' }]}
                />
              ) : (
                deviations.map((deviation) => formatNumber(deviation, 2)).join(' → ')
              )}
            </td>
          </tr>
        ))}
      </Table>
      {leftOut > 0 && <p className="soft small">and {plural(leftOut, 'less frequent kind')}</p>}
      {findings.map(({ code, severity, text, advice, evidence, family }) => (
        <article key={`${family.example} ${code}`} className={`finding severity-${severity}`}>
          <h3>
            {words(code)} <span className={`chip severity-${severity}`}>{severityTitle(severity)}</span>{' '}
            <span className="soft small">in {plural(family.points, 'point')} of the first 200</span>
          </h3>
          <p>{text}</p>
          <Evidence evidence={evidence} />
          <p>
            <strong>Advice:</strong> {advice}
          </p>
        </article>
      ))}
    </>
  );
}
