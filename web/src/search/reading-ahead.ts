/** The trials of the search whose address the page is opened with: they are requested while its view is loaded. */
import { api, type Curves, type Table } from '../api.ts';

export type Trials = readonly [Table, Curves];

export function readTrials(id: string): Promise<Trials> {
  return Promise.all([api.about(id, 'table'), api.about(id, 'curves')]);
}

let ahead:
  | { readonly id: string; readonly reading: Promise<Trials | undefined>; trials?: Trials | undefined }
  | undefined;

/** Reads the trials of a search. A failure is no error: they are read again. */
export async function readAhead(id: string): Promise<void> {
  const reading = readTrials(id).catch(() => undefined);
  const begun: NonNullable<typeof ahead> = { id, reading };
  ahead = begun;
  begun.trials = await reading;
}

/** The trials that were read ahead, if they are there already. */
export function arrivedAhead(id: string): Trials | undefined {
  return ahead?.id === id ? ahead.trials : undefined;
}

/** The trials that were read ahead, for the first who asks. */
export async function takeAhead(id: string): Promise<Trials | undefined> {
  if (ahead?.id !== id) return undefined;
  const { reading } = ahead;
  ahead = undefined;
  return reading;
}
