/** A worker thread that writes stores for MLflow: SQLite would block the event loop for seconds. */
import { writeMlflowStore } from '../src/application/exports/mlflow.ts';

export default writeMlflowStore;
