/** A worker thread that proposes trials: a sampler that learns may think for a second, and the event loop has requests to answer. */
import { createProposer } from '../src/application/proposals.ts';

export default createProposer();
