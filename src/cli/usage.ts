/** Thrown for invalid arguments of a command. */
export class UsageError extends Error {
  constructor(usage: string) {
    super(`usage: npm run hypersearch -- ${usage}`);
    this.name = 'UsageError';
  }
}

export const usage = `usage: npm run hypersearch -- COMMAND

  submit FILE [--watch] [--project PROJECT]
                                    start the search specified in FILE (JSON)
  import FILE [--dataset NAME] [--format FORMAT] [--name THEIRS=OURS]...
                                    the search space of a file of another tool (W&B, Optuna, NNI, Katib,
                                    ConfigSpace, Vizier, Keras Tuner) as a specification
  import FILE --trials [--dataset NAME] [--format FORMAT] [--name THEIRS=OURS]...
         [--metric NAME] [--direction minimize|maximize] [--study NAME]
                                    finished trials of another tool (Optuna, W&B, MLflow, scikit-learn)
                                    as a search that has ended
  preflight FILE | ID               check the networks of a search before training
  watch ID                          follow a search until it ends
  list [--project PROJECT]          the newest searches
  show ID                           show a search
  best ID [--limit N]               show its best trials
  findings ID                       show problems found in its trials, with advice
  what-if ID                        show what pruners and early stopping would have saved and lost
  cancel ID                         cancel a search
  export ID [--format csv|ndjson|parquet|optuna-journal|tensorboard|mlflow]
                                    write all trials to standard output; tensorboard: a tar archive,
                                    mlflow: a SQLite store
  datasets add FILE|URL [--name NAME] [--target COLUMN] [--missing fill] …
                                    store a data set; from a URL only where the service allows its host
  rows DATASET | rows ID NUMBER [--format csv|parquet]
                                    the rows as training reads them; of a trial: with its folds
  replay ID NUMBER                  recompute a trial and compare the bits
  model ID|best [--trial NUMBER] [--out FOLDER]
                                    make a model of its best trial, or of another; write its files;
                                    best: of the newest search
  models [ID]                       the newest models
  predict MODEL FILE.csv            predict rows with a model, or with a model.json

  du                                storage used: tables, searches (estimated), data sets, models

  keys create NAME --role reader|submitter|admin [--project PROJECT] [--requests-per-minute N] [--websockets N]
                                    create an API key, for one project or for all; from the first one on
                                    every request needs a key
  keys list | keys revoke ID        the API keys
  sessions list | sessions end ID   who is signed in on the page

  projects list | projects create NAME [LIMITS] | projects limits NAME [LIMITS] | projects delete NAME
                                    the projects; LIMITS: --running-trials N --open-searches N --stored-bytes N
                                    --requests-per-minute N --websockets N (of each key); none removes one

  backup FILE                       write everything that is stored to a new file; the service may be running
  restore FILE [--replace]          load a backup into an empty database, or replace its contents; stop the service first

  start | api | worker | demo       run the service: see npm start, npm run api, npm run worker, npm run demo

The commands connect to HYPERSEARCH_URL (by default http://127.0.0.1 at HYPERSEARCH_PORT, which is 3000). If that is
not set and no service answers, they start one for themselves on the stored searches. HYPERSEARCH_KEY is their API key.`;
