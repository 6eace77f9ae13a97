import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Resident memory of a process, in MB; NaN if it is gone. */
export function residentOf(pid: number): number {
  const kB =
    process.platform === 'linux'
      ? /VmRSS:\s+(\d+)/.exec(textOf(`/proc/${pid}/status`))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kB ?? Number.NaN) / 1024;
}

/** Memory of a process and its children, in MB; what they share counts once. Linux only. */
export function memoryOfFamily(pid: number): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  const shares = [pid, ...children].map((one) => /^Pss:\s+(\d+)/m.exec(textOf(`/proc/${one}/smaps_rollup`))?.[1] ?? 0);
  return shares.reduce<number>((sum, kB) => sum + Number(kB), 0) / 1024;
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1]);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}
