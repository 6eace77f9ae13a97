/** A command that was called in a way it does not understand. */
export class UsageError extends Error {
  constructor(usage: string) {
    super(`usage: npm run hypersearch -- ${usage}`);
    this.name = 'UsageError';
  }
}

export const usage = `usage: npm run hypersearch -- COMMAND

  submit FILE [--watch]             begin the search that FILE (JSON) specifies
  preflight FILE | ID               check its networks before they are trained
  watch ID                          follow a search to its end
  list                              the newest searches
  show ID                           one search
  best ID [--limit N]               its best trials
  findings ID                       what is wrong with its trials, and what to do
  cancel ID                         end it
  export ID [--format csv|ndjson]   every trial, to standard output
  replay ID NUMBER                  compute a trial again and compare the bits

  start | api | worker | demo       the service itself: see npm start, npm run api, npm run worker, npm run demo

The service is looked for at HYPERSEARCH_URL (http://127.0.0.1:3000).`;
