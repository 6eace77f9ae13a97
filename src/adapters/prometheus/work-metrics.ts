/** What a process that trains and plans has done, as metrics for Prometheus. They begin at 0 with every process: Prometheus adds them up. */
import { Counter, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import type { WorkMeter } from '../../application/ports/search-store.ts';
import type { ThreadLoad } from '../../compute/trial.ts';
import type { Change } from '../../domain/events.ts';

const SECONDS_BUCKETS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

const ends = {
  'trial.complete': 'complete',
  'trial.pruned': 'pruned',
  'trial.failed': 'failed',
} as const;

export interface WorkMetrics {
  readonly meter: WorkMeter;
  readonly registry: Registry;
  /** So that `other` has them, too. */
  addTo(other: Registry): void;
  /** From then on the metrics say how busy the compute threads are. */
  watchThreads(load: () => ThreadLoad): void;
}

export function createWorkMetrics(): WorkMetrics {
  const registry = new Registry();
  const gauges: Metric[] = [];
  const registers = [registry];
  const started = new Counter<string>({
    registers,
    name: 'hypersearch_claims_total',
    help: 'Trials that were claimed, by the workers of this process or as their results were written',
  });
  const ended = new Counter<string>({
    registers,
    name: 'hypersearch_trials_ended_total',
    help: 'Trials that ended, by state',
    labelNames: ['state'],
  });
  const retried = new Counter<string>({
    registers,
    name: 'hypersearch_trials_retried_total',
    help: 'Trials that wait again after a failure, or because their worker stopped or was lost',
  });
  const renewals = new Counter<string>({
    registers,
    name: 'hypersearch_lease_renewals_total',
    help: 'Leases that were renewed',
  });
  const losses = new Counter<string>({
    registers,
    name: 'hypersearch_lease_losses_total',
    help: 'Leases that were lost. expired: nobody renewed them, and this process released them; revoked: a renewal was refused; late: a result was',
    labelNames: ['how'],
  });
  const seconds = new Histogram<string>({
    registers,
    name: 'hypersearch_trial_training_seconds',
    help: 'How long trials were trained that are complete or pruned, since they were started or resumed at a rung',
    buckets: SECONDS_BUCKETS,
  });
  // What has never happened is 0, and not absent: rates and alerts need that.
  for (const state of [...Object.values(ends), 'cancelled']) ended.inc({ state }, 0);
  for (const how of ['expired', 'revoked', 'late'] as const) losses.inc({ how }, 0);
  const changed = (change: Change) => {
    if (change.type === 'trial.started') started.inc();
    else if (change.type === 'trial.retried') retried.inc();
    else if (change.type in ends) ended.inc({ state: ends[change.type as keyof typeof ends] });
    if (change.type === 'trial.complete' || change.type === 'trial.pruned') {
      const { durationMs } = change.data;
      if (typeof durationMs === 'number') seconds.observe(durationMs / 1000);
    }
  };
  return {
    registry,
    meter: {
      changed: (changes, cancelled) => {
        changes.forEach(changed);
        ended.inc({ state: 'cancelled' }, cancelled);
      },
      renewed: (leases) => renewals.inc(leases),
      lost: (how, leases) => losses.inc({ how }, leases),
    },
    addTo: (other) => {
      for (const metric of [started, ended, retried, renewals, losses, seconds, ...gauges])
        other.registerMetric(metric);
    },
    watchThreads: (load) => gauges.push(...threadGauges(registry, load)),
  };
}

function threadGauges(registry: Registry, load: () => ThreadLoad): Metric[] {
  const registers = [registry];
  const gauge = (name: string, help: string, of: keyof ThreadLoad) =>
    new Gauge({
      registers,
      name,
      help,
      collect() {
        this.set(load()[of]);
      },
    });
  return [
    gauge('hypersearch_threads', 'Compute threads of this process', 'threads'),
    gauge('hypersearch_threads_busy', 'Compute threads of this process that train', 'busy'),
  ];
}
