/** The operations on faults, as the OpenAPI document describes them. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { faultNames, FaultState, FaultWish } from '../domain/faults.ts';
import { badRequest, json, nothing, notOperator, problem } from './openapi-answers.ts';

const noSuchFault = problem('No such fault');
const noSupervisor = problem('There is no supervisor to ask, or it did not succeed');
const ofOneFault = { path: z.object({ name: z.enum(faultNames) }) };

/** Their paths. */
export const faultPaths: ZodOpenApiPathsObject = {
  '/faults': {
    get: {
      summary: 'What can be broken in this stack, and what is (operators)',
      responses: {
        200: { description: 'Every fault', ...json(z.object({ faults: z.array(FaultState) })) },
        403: notOperator,
        503: noSupervisor,
      },
    },
    delete: {
      summary: 'Heal everything (operators); answered once all is well',
      responses: { 204: nothing('All is well'), 403: notOperator, 503: noSupervisor },
    },
  },
  '/faults/{name}': {
    put: {
      summary: 'Break something for a time (operators); where it is broken, its time begins anew',
      requestParams: ofOneFault,
      requestBody: { required: false, ...json(FaultWish) },
      responses: {
        200: {
          description: 'It is broken, and heals by itself. What ends the API happens right after this answer',
          ...json(FaultState),
        },
        400: badRequest,
        403: notOperator,
        404: noSuchFault,
        409: problem(
          'It cannot be switched in this stack, or not while another fault of the same process is on',
        ),
        413: problem('Over 16 KiB'),
        415: problem('Not JSON'),
        503: noSupervisor,
      },
    },
    delete: {
      summary: 'Heal it (operators); answered once it is well, also where it was',
      requestParams: ofOneFault,
      responses: {
        204: nothing('It is well'),
        400: badRequest,
        403: notOperator,
        404: noSuchFault,
        503: noSupervisor,
      },
    },
  },
};
