/** A worker thread that predicts with models and writes their files. */
import { useModel } from '../src/application/models/use-model.ts';

export default useModel;
