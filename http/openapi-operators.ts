/** What else operators look at and switch, as the OpenAPI document describes it: numbers, code, the late subscriber. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { CountedDays } from '../domain/counts.ts';
import { StackReport } from '../domain/report.ts';
import { badRequest, json, notAvailable, nothing, notOperator, problem } from './openapi-answers.ts';
import { StepSource } from './sources.ts';

const noSupervisor = problem('There is no supervisor to ask, or it did not succeed');

/** Their paths. */
export const operatorPaths: ZodOpenApiPathsObject = {
  '/styles': {
    get: {
      summary:
        'What the stack does at present: numbers of every style, processes, faults (operators). At most 1 s old; null where the source of a number is away',
      responses: { 200: { description: 'The report', ...json(StackReport) }, 403: notOperator },
    },
  },
  '/sources/{style}/{step}': {
    get: {
      summary: 'The code behind a step of a style (operators)',
      requestParams: { path: z.object({ style: z.string(), step: z.string() }) },
      responses: {
        200: { description: 'A marked region of a file', ...json(StepSource) },
        400: badRequest,
        403: notOperator,
        404: problem('No such step'),
      },
    },
  },
  '/processes/statistics': {
    put: {
      summary:
        'Have the late subscriber join (operators); answered once it is ready, and at once where it runs',
      responses: { 204: nothing('It counts'), 403: notOperator, 503: noSupervisor },
    },
    delete: {
      summary: 'Have it leave (operators); what it has counted stays',
      responses: { 204: nothing('It does not run'), 403: notOperator, 503: noSupervisor },
    },
  },
  '/statistics': {
    get: {
      summary: 'What the late subscriber has counted (operators)',
      responses: {
        200: { description: 'By day and style', ...json(CountedDays) },
        403: notOperator,
        503: notAvailable,
      },
    },
  },
};
