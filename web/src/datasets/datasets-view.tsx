/** The data sets there are, and a way to bring one's own. */

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { Upload } from './upload.tsx';
import '../style/datasets.css';

export default function DatasetsView(): ReactNode {
  useTitle('Data sets');
  const { data, error } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  return (
    <>
      <h1>Data sets</h1>
      <Upload names={data?.items.map(({ name }) => name) ?? []} />
      {error && <Problem error={error} />}
      {data === undefined && !error && <Waiting what="the data sets" />}
      {data && (
        <Table label="Data sets" heads={['name', 'what it is', 'task', 'rows', 'inputs', 'target', ' search']}>
          {data.items.map(({ name, title, task, rows, features, classes, target, builtIn }) => (
            <tr key={name}>
              <td>
                {name} {builtIn && <span className="chip">built in</span>}
              </td>
              <td style={{ whiteSpace: 'normal' }}>{title}</td>
              <td>{task === 'classification' ? plural(classes.length, 'class', 'classes') : 'a quantity'}</td>
              <td>{rows.toLocaleString('en')}</td>
              <td>{features}</td>
              <td>{target}</td>
              <td>
                <Link className="button" href={`/new?dataset=${encodeURIComponent(name)}`}>
                  Search<span className="hidden"> on {name}</span>
                </Link>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
