/** Which trials a queue job delivers. */
import type { Delivery } from './commands.ts';

export function deliveriesOf(
  searchId: string,
  trials: readonly { readonly number: number; readonly job: string }[],
): Delivery[] {
  const byJob = new Map<string, Delivery>();
  for (const { number, job } of trials) {
    const known = byJob.get(job) ?? { searchId, job, from: number, to: number };
    byJob.set(job, { ...known, from: Math.min(known.from, number), to: Math.max(known.to, number) });
  }
  return [...byJob.values()];
}

/** The job of trials for which the budget of epochs leaves nothing while others run. */
export function withheldJob(first: number, seq: number): string {
  return `${first}.e${seq}`;
}

/** Withheld trials are due once nothing runs: what ran may have left some of its epochs. */
export function isWithheld(job: string): boolean {
  return job.includes('.e');
}

/** The name of the job once its trials are withheld no more: the queue takes none of the same name twice. */
export function releasedJob(job: string): string {
  return job.replace('.e', '.c');
}
