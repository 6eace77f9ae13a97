/**
 * Options of thread pools whose stack traces name lines of the sources. Threads do not inherit `process.setSourceMapsEnabled`, and it has no effect
 * on modules that are loaded already.
 */
export const withSourceMaps = { execArgv: [...process.execArgv, '--enable-source-maps'] };
