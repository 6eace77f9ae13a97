/**
 * Options of a pool of threads in which the stack of an error leads to the sources. Threads do not take this over from the process, and to ask for
 * it within a thread is too late: source maps are read with the modules.
 */
export const withSourceMaps = { execArgv: ['--enable-source-maps'] };
