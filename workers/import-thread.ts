/** A worker thread that reads files of trials: large ones would block the event loop for seconds. */
import { answerTrials, type TrialsAnswer, type TrialsTask } from '../src/imports/trials/read-trials.ts';

export default function importThread(task: TrialsTask): Promise<TrialsAnswer> {
  return answerTrials(task);
}
