/** A worker thread that proposes trials: samplers that learn would block the event loop. */
import { createProposer } from '../src/application/proposals.ts';

export default createProposer();
