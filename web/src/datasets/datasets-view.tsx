/** The list of data sets, and the upload. */

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount, plural } from '../../../src/format.ts';
import { api, type Dataset } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { ProjectSelect } from '../projects.tsx';
import { Hints } from './hints.tsx';
import { Remove } from './remove.tsx';
import { Upload } from './upload.tsx';
import '../style/datasets.css';

export default function DatasetsView(): ReactNode {
  useTitle('Data sets');
  const [project, setProject] = useAddress('project');
  const { data, error } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  return (
    <>
      <div className="row spread">
        <h1>Data sets</h1>
        <ProjectSelect value={project} choose={setProject} none="all projects" />
      </div>
      <Upload
        names={data?.items.map(({ name }) => name) ?? []}
        builtIn={data?.items.flatMap(({ name, builtIn }) => (builtIn ? [name] : [])) ?? []}
      />
      {error && <Problem error={error} />}
      {data === undefined && !error && <Waiting what="the data sets" />}
      {data && (
        <Table
          label="Data sets"
          heads={['name', 'description', 'task', numeric('rows'), numeric('inputs'), 'target', ' search', ' delete']}
        >
          {data.items
            // Those that are built in are of no project, and for all.
            .filter((one) => project === '' || one.project === null || one.project === project)
            .map((one) => (
              <Row key={one.name} dataset={one} />
            ))}
        </Table>
      )}
    </>
  );
}

function Row({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const { name, title, task, rows, features, classes, target, builtIn, versions } = dataset;
  return (
    <tr>
      <td>
        {name} {builtIn && <span className="chip">built in</span>}
        {versions.length > 1 && <span className="chip">{versions.length} versions</span>}
      </td>
      <td style={{ whiteSpace: 'normal' }}>
        {title}
        {!builtIn && <HowRead dataset={dataset} />}
      </td>
      <td>{task === 'classification' ? plural(classes.length, 'class', 'classes') : 'regression'}</td>
      <td className="number">{formatCount(rows)}</td>
      <td className="number">{formatCount(features)}</td>
      <td>{target}</td>
      <td>
        <Link className="button" href={`/new?dataset=${encodeURIComponent(name)}`}>
          Search<span className="hidden"> on {name}</span>
        </Link>
      </td>
      <td>{!builtIn && <Remove name={name} />}</td>
    </tr>
  );
}

function HowRead({ dataset: { decisions, hints, dropped, reading } }: { readonly dataset: Dataset }): ReactNode {
  return (
    <details>
      <summary>How it was read{hints.length > 0 && `, ${plural(hints.length, 'warning')}`}</summary>
      <ul className="small">
        {decisions.map(({ option, message, guessed }) => (
          <li key={option}>
            {message} <span className="soft">({guessed ? 'detected' : 'chosen'})</span>
          </li>
        ))}
        {reading.ignore.length > 0 && <li>ignored columns: {reading.ignore.slice(0, 20).join(', ')}</li>}
        {dropped > 0 && <li>{plural(dropped, 'row')} dropped because a value is missing</li>}
      </ul>
      <Hints hints={hints} />
    </details>
  );
}
