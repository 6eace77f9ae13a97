/**
 * Options of every thread pool.
 *
 * Stack traces name lines of the sources: threads do not inherit `process.setSourceMapsEnabled`, and it has no effect on modules that are
 * loaded already. Piscina imports its module instead of requiring it: a thread that is terminated while `require` loads an ES module
 * ends the whole process (Node 20.20.2; 24.21.0 does not). Options of the process are not passed on: threads refuse some, such as --max-old-space-size.
 */
const IMPORTS = '--no-experimental-require-module';

export const threadOptions = {
  // Later versions of Node may not know it.
  execArgv: ['--enable-source-maps', ...(process.allowedNodeEnvironmentFlags.has(IMPORTS) ? [IMPORTS] : [])],
};
