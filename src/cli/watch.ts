/** Follows a search in the terminal: a progress bar for the search and for each running trial, or plain lines without a terminal. */
import { MultiBar, type SingleBar } from 'cli-progress';
import type { SearchMessage } from '../contract/stream.ts';
import type { Epoch } from '../domain/events.ts';
import { ownFindings } from '../domain/finding-scope.ts';
import { isOpen, type Search } from '../domain/search.ts';
import { formatNumber, plural, words } from '../format.ts';
import type { ApiClient } from './api-client.ts';
import { ended, pointLine } from './format.ts';

/** The most running trials that get their own line. */
const MAX_LINES = 8;

interface View {
  search(search: Search, done: number): void;
  started(trial: number, hyperparameters: Readonly<Record<string, number | string | boolean>>): void;
  epoch(epoch: Epoch): void;
  /** `title`: default: the trial. */
  ended(trial: number, text: string, title?: string): void;
  close(): void;
}

/**
 * Follows the search until it has ended, and resolves with its final state. `from`: its id, or the search as it was when it was created: then no change
 * since is left out, also of trials that have ended already.
 */
export async function watch(
  client: ApiClient,
  from: string | Search,
  interactive = process.stdout.isTTY,
): Promise<Search> {
  let search = typeof from === 'string' ? await client.search(from) : from;
  const { id } = search;
  const view = interactive ? barView(search) : lineView();
  let done = ended(search.trials);
  view.search(search, done);
  try {
    if (!isOpen(search.state)) return search;
    for await (const message of client.stream(id, typeof from === 'string' ? undefined : from.seq)) {
      if (message.type === 'snapshot') {
        search = message.search;
        done = ended(search.trials);
        for (const { number: trial, hyperparameters } of message.running) view.started(trial, hyperparameters);
      }
      if (show(view, message, search.specification)) done++;
      if (message.type === 'trial.complete' && message.data.best) {
        const { number: trial, stage, value } = message.data;
        search = { ...search, best: { number: trial, stage, value: value ?? 0 } };
      }
      view.search(search, done);
      const over = message.type === 'snapshot' ? !isOpen(search.state) : isEnd(message.type);
      if (over || message.type === 'removed') break;
    }
  } finally {
    view.close();
  }
  return client.search(id);
}

function isEnd(type: SearchMessage['type']): boolean {
  return type === 'search.complete' || type === 'search.failed' || type === 'search.cancelled';
}

/** Whether the message ended a trial. */
function show(view: View, message: SearchMessage, { objective, hyperparameters }: Search['specification']): boolean {
  const { metric } = objective;
  if ('data' in message && 'confirms' in message.data && message.data.confirms !== undefined) {
    return showRun(view, message, metric);
  }
  switch (message.type) {
    case 'epochs':
      for (const epoch of message.epochs) view.epoch(epoch);
      return false;
    case 'trial.started':
      view.started(message.data.number, message.data.hyperparameters);
      return false;
    case 'trial.complete': {
      const { number: trial, value, outcome, reason, best, found } = message.data;
      const text =
        outcome === 'diverged' ? `diverged: ${reason}` : `${metric} ${formatNumber(value)}${best ? '  new best' : ''}`;
      view.ended(trial, [text, ...ownFindings(found, hyperparameters).map(words)].join('  '));
      return true;
    }
    case 'trial.paused': {
      const { number: trial, rung, epochs, value } = message.data;
      view.ended(trial, `waiting at rung ${rung} after ${plural(epochs, 'epoch')}, ${metric} ${formatNumber(value)}`);
      return false;
    }
    case 'trial.pruned':
      view.ended(message.data.number, message.data.reason);
      return true;
    case 'trial.failed':
    case 'trial.retried':
      view.ended(message.data.number, `${message.type.slice('trial.'.length)}: ${message.data.reason}`);
      return message.type === 'trial.failed';
    default:
      return false;
  }
}

/** Runs of a confirmation are no trials of the search. */
function showRun(view: View, message: SearchMessage, metric: string): false {
  if (message.type === 'trial.complete') {
    const { number, confirms, value, reason } = message.data;
    const text = value === null ? `diverged: ${reason}` : `${metric} ${formatNumber(value)}`;
    view.ended(number, text, `confirms trial ${confirms!.trial}, repetition ${confirms!.repeat + 1}`);
  }
  return false;
}

function barView(first: Search): View {
  const bars = new MultiBar({
    format: '{bar} {value}/{total}  {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
  });
  const whole = bars.create(first.trials.total, 0, { text: '' });
  const lines = new Map<number, { bar: SingleBar; about: string; found: string }>();
  return {
    search: ({ trials, best, specification }, done) => {
      const text =
        best === null
          ? 'trials'
          : `trials, best ${specification.objective.metric} ${formatNumber(best.value)} (trial ${best.number})`;
      whole.setTotal(trials.total);
      whole.update(done, { text });
    },
    started: (trial, hyperparameters) => {
      if (lines.has(trial) || lines.size >= MAX_LINES) return;
      const about = pointLine(hyperparameters);
      const bar = bars.create(epochsOf(first), 0, { text: `trial ${trial}  –  ${about}` });
      lines.set(trial, { bar, about, found: '' });
    },
    epoch: ({ number: trial, epoch, epochs, validationMetric, validationLoss, found = [] }) => {
      const line = lines.get(trial);
      if (line === undefined) return;
      // Findings come before hyperparameters, because narrow terminals cut lines.
      for (const problem of ownFindings(found, first.specification.hyperparameters).map(words))
        if (!line.found.includes(problem)) line.found += `${problem}  `;
      line.bar.setTotal(epochs);
      const value = formatNumber(validationMetric ?? validationLoss);
      line.bar.update(epoch, { text: `trial ${trial}  ${value}  ${line.found}${line.about}` });
    },
    ended: (trial) => {
      const line = lines.get(trial);
      if (line !== undefined) bars.remove(line.bar);
      lines.delete(trial);
    },
    close: () => bars.stop(),
  };
}

/** The epochs of every trial, if they do not vary. */
function epochsOf({ specification }: Search): number {
  const { epochs } = specification.hyperparameters;
  return typeof epochs === 'number' ? epochs : 1;
}

function lineView(): View {
  const points = new Map<number, string>();
  return {
    search: () => undefined,
    started: (trial, hyperparameters) => points.set(trial, pointLine(hyperparameters)),
    epoch: () => undefined,
    ended: (trial, text, title = `trial ${String(trial).padStart(4)}`) => {
      console.log(`${title}  ${text}  ${points.get(trial) ?? ''}`.trimEnd());
      points.delete(trial);
    },
    close: () => undefined,
  };
}
