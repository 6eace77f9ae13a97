/** A worker thread that predicts with models and writes their files. */
import { answerUse } from '../src/application/models/use-model.ts';

export default answerUse;
