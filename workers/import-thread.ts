/** A worker thread that reads files of other tools: large ones would block the event loop for seconds. */
import { answerSpace } from '../src/application/import-space.ts';
import { answerTrials } from '../src/imports/trials/read-trials.ts';

export default answerTrials;
export { answerSpace as space };
