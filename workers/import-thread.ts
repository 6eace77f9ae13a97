/** A worker thread that reads files of trials: large ones would block the event loop for seconds. */
import { answerTrials } from '../src/imports/trials/read-trials.ts';

export default answerTrials;
