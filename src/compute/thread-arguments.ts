/** Node options of worker threads: those of the process, and source maps if they were enabled after its start (scripts/run.mjs), which threads do not inherit. */
export function threadArguments(): string[] {
  return [...process.execArgv, ...(process.sourceMapsEnabled ? ['--enable-source-maps'] : [])];
}
