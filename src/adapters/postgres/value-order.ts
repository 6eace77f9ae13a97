/** Orders of trials by their value, in SQL: the counterpart of algorithms/objective.ts. Of equal values the lower number comes first. */
import type { Search } from '../../domain/search.ts';
import { Prisma } from '../prisma-client/client.ts';

/** Each has an index of its own. */
export const ascending = Prisma.sql`value ASC, number ASC`;
export const descending = Prisma.sql`value DESC, number ASC`;

export function bestFirst({ specification }: Pick<Search, 'specification'>): Prisma.Sql {
  return specification.objective.direction === 'maximize' ? descending : ascending;
}
