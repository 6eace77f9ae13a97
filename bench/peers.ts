/**
 * npm run bench:peers: training speed of one thread compared with PyTorch (eager) and scikit-learn. Same workloads and rows, each peer in its
 * own process, interleaved so that other load affects all alike.
 *
 *   npm run bench:peers -- [--data DIR] [--rounds 5] [--reps N] [--kernels simd] [--node PATH] [--python PATH] [--json] [w1 …]
 *
 * DIR is as in bench/training.ts; --node runs our part with another Node, the peers are found in a Python on the path.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { messageOf } from '../src/errors.ts';
import { projectRoot } from '../src/paths.ts';
import { writeGeneratedData } from './parts/generated-data.ts';
import { DEFAULT_KERNELS, kernelsNamed } from './parts/kernels.ts';
import { findPython, type Python, type PythonPeer, runPeer } from './parts/python.ts';
import { countFrom, median, rounded, runBench, spread, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { chosen, readWorkloads, type Workload } from './parts/workloads.ts';

const OURS = 'hypersearch';
type Peer = typeof OURS | PythonPeer;

const { values, positionals } = parseArgs({
  options: {
    data: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    reps: { type: 'string' },
    kernels: { type: 'string', default: DEFAULT_KERNELS },
    node: { type: 'string', default: process.execPath },
    python: { type: 'string' },
    json: { type: 'boolean' },
  },
  allowPositionals: true,
});

async function runOurs(folder: string, name: string): Promise<Record<string, unknown>> {
  const script = join(projectRoot, 'dist', 'bench', 'training.js');
  const reps = values.reps === undefined ? [] : ['--reps', values.reps];
  const args = [script, '--data', folder, '--kernels', kernelsNamed(values.kernels), ...reps, '--json', name];
  try {
    return JSON.parse((await promisify(execFile)(values.node, args)).stdout) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${values.node} failed: ${messageOf(error)}`, { cause: error });
  }
}

async function run(peer: Peer, python: Python, folder: string, name: string): Promise<number> {
  const reps = values.reps === undefined ? [] : [values.reps];
  const line =
    peer === OURS ? await runOurs(folder, name) : await runPeer(python, peer, 'training', [folder, name, ...reps]);
  if (values.json) console.log(JSON.stringify({ ...line, peer }));
  return Number(line['epoch_ms']);
}

/** Milliseconds an epoch, one entry a round. */
type Times = Readonly<Partial<Record<Peer, number[]>>>;

/** Every peer once a round; each round another one begins. */
async function timesOf(peers: readonly Peer[], rounds: number, once: (peer: Peer) => Promise<number>): Promise<Times> {
  const times: Times = Object.fromEntries(peers.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      const peer = peers[(round + turn) % peers.length]!;
      times[peer]!.push(await once(peer));
    }
  }
  return times;
}

/** How many times as long a peer took as we did, round by round; empty where it was not run. */
function ratiosOf(times: Times, peer: PythonPeer): number[] {
  return (times[peer] ?? []).map((ms, round) => ms / times[OURS]![round]!);
}

function reportLines(name: string, times: Times, peers: readonly PythonPeer[]): void {
  for (const peer of peers) {
    const ratios = ratiosOf(times, peer);
    if (ratios.length === 0) continue;
    const [least, greatest] = [Math.min(...ratios), Math.max(...ratios)];
    const figures = { median: rounded(median(ratios), 3), min: rounded(least, 3), max: rounded(greatest, 3) };
    console.log(
      JSON.stringify({ measure: 'ratio', workload: name, peer, to: OURS, rounds: ratios.length, ...figures }),
    );
  }
}

function row(name: string, times: Times, peers: readonly PythonPeer[]): string[] {
  const ms = [OURS, ...peers].map((peer) => {
    const all = times[peer as Peer];
    return all === undefined ? '–' : median(all).toFixed(2);
  });
  return [name, ...ms, ...peers.map((peer) => spread(ratiosOf(times, peer)))];
}

/** scikit-learn has no batch normalization. */
function can(peer: Peer, { bn }: Workload): boolean {
  return peer !== 'scikit-learn' || !bn;
}

await runBench(async () => {
  const rounds = countFrom('rounds', values.rounds);
  const python = await findPython(values.python);
  for (const missing of python.missing) console.error(`not compared: ${missing}`);
  await temporarily(async (temporary) => {
    if (values.data === undefined) await writeGeneratedData(temporary, positionals);
    const folder = values.data ?? temporary;
    const rows: string[][] = [];
    for (const [name, workload] of chosen(readWorkloads(folder), positionals)) {
      const peers = [OURS, ...python.found].filter((peer): peer is Peer => can(peer as Peer, workload));
      const times = await timesOf(peers, rounds, (peer) => run(peer, python, folder, name));
      if (values.json) reportLines(name, times, python.found);
      else rows.push(row(name, times, python.found));
    }
    if (values.json) return;
    const ratios = python.found.map((peer) => `${peer} / ours`);
    console.log(
      `ms an epoch on one thread, median of ${rounds} rounds; ratios round by round: median (least–greatest)\n`,
    );
    console.log(tableOf(['workload', OURS, ...python.found, ...ratios], rows));
  });
});
