/**
 * Options of thread pools whose stack traces name lines of the sources. Threads do not inherit `process.setSourceMapsEnabled`, and it has no effect
 * on modules that are loaded already. Options of the process are not passed on: threads refuse some, such as --max-old-space-size.
 */
export const withSourceMaps = { execArgv: ['--enable-source-maps'] };
