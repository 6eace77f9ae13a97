/** Endpoints for projects. */
import { z } from 'zod';
import { projectLimitsChangeSchema, projectLimitsSchema, projectNameSchema, projectSchema } from '../domain/project.ts';
import { projectFilter } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['projects'];
/** Any name: one that is no slug is the name of no project. */
const projectParams = z.strictObject({ name: z.string().min(1).max(100) });

const newProjectSchema = z.strictObject({
  name: projectNameSchema,
  limits: projectLimitsSchema.optional().describe('What is left out is not limited'),
});
const projectChangeSchema = z.strictObject({
  limits: projectLimitsChangeSchema.describe('A limit that is left out stays; null removes it'),
});

export const projectEndpoints = {
  'GET /v1/projects': {
    tags,
    summary: 'List projects with their limits and what they use, by name',
    querystring: z.strictObject({ project: projectFilter }),
    response: { 200: z.object({ items: z.array(projectSchema).readonly() }), ...refusals },
  },
  'POST /v1/projects': {
    tags,
    summary: 'Create a project',
    body: newProjectSchema,
    response: { 201: projectSchema, ...refusals },
  },
  'GET /v1/projects/:name': { tags, params: projectParams, response: { 200: projectSchema, ...refusals } },
  'PATCH /v1/projects/:name': {
    tags,
    summary: 'Change its limits',
    params: projectParams,
    body: projectChangeSchema,
    response: { 200: projectSchema, ...refusals },
  },
  'DELETE /v1/projects/:name': {
    tags,
    summary: 'Delete it; refused while it has searches, data sets, models or keys',
    params: projectParams,
    response: { 204: z.null(), ...refusals },
  },
} as const;
