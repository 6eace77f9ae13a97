/** The list of models. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatValue } from '../../../src/format.ts';
import { api, type ModelRecord } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { StateChip } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { ProjectSelect } from '../projects.tsx';
import { sourceText } from './source.ts';

export default function ModelsView(): ReactNode {
  useTitle('Models');
  const [project, setProject] = useAddress('project');
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['models', project],
    queryFn: ({ pageParam }) => api.models({ cursor: pageParam, project: project === '' ? undefined : project }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const models = data?.pages.flatMap(({ items }) => items);
  return (
    <>
      <div className="row spread">
        <h1>Models</h1>
        <ProjectSelect value={project} choose={setProject} none="all projects" />
      </div>
      {error && <Problem error={error} />}
      {models === undefined && !error && <Waiting what="the models" />}
      {models?.length === 0 && project !== '' && <p className="empty">No model of this project yet.</p>}
      {models?.length === 0 && project === '' && (
        <p className="empty">
          No model yet. Open a <Link href="/">search</Link> and choose “Make a model”: its best network becomes
          something to download and to predict with.
        </p>
      )}
      {models !== undefined && models.length > 0 && (
        <Table
          label="Models"
          heads={[
            'name',
            'state',
            'made from',
            'metric',
            numeric('validation'),
            numeric('test'),
            'data set',
            'created',
          ]}
        >
          {models.map((model) => (
            <Row key={model.id} model={model} />
          ))}
        </Table>
      )}
      {hasNextPage && (
        <button type="button" onClick={() => void fetchNextPage()}>
          Show more
        </button>
      )}
    </>
  );
}

function Row({ model }: { readonly model: ModelRecord }): ReactNode {
  const { id, name, state, origin, facts, createdAt } = model;
  return (
    <tr>
      <td>
        <Link href={`/models/${id}`}>{name}</Link>
      </td>
      <td>
        <StateChip state={state} />
      </td>
      <td>{sourceText(model)}</td>
      <td>{origin.metric}</td>
      <td className="number">{formatValue(origin.value)}</td>
      <td className="number">{formatValue(facts?.test?.value)}</td>
      <td>{origin.dataset.name}</td>
      <td>{new Date(createdAt).toLocaleString()}</td>
    </tr>
  );
}
