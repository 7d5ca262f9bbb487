/** The operations on a crowd, as the OpenAPI document describes them. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { CrowdRequest, CrowdState } from '../domain/crowd.ts';
import { badRequest, json, notAvailable, notOperator, problem } from './openapi-answers.ts';

/** Their path. */
export const crowdPaths: ZodOpenApiPathsObject = {
  '/crowd': {
    get: {
      summary: 'The crowd that is under way, or the last one (operators): what its customers saw, by style',
      responses: {
        200: { description: 'All zero where there was none', ...json(CrowdState) },
        403: notOperator,
        503: notAvailable,
      },
    },
    post: {
      summary:
        'Let a crowd come (operators): so many signups in a second, spread evenly over styles, whatever becomes of those before. One at a time',
      requestBody: { required: true, ...json(CrowdRequest) },
      responses: {
        202: { description: 'It comes; `group` is that of its signups', ...json(CrowdState) },
        400: badRequest,
        403: notOperator,
        409: problem('A crowd is under way; or mail or SMS leaves through a provider that is not built in'),
        413: problem('Over 16 KiB'),
        415: problem('Not JSON'),
        503: problem(
          'The process of the crowd cannot be started or does not answer; or a style that is named is not here',
        ),
      },
    },
    delete: {
      summary: 'Send the crowd home (operators): nobody comes any more, and whoever waits leaves',
      responses: {
        204: { description: 'No crowd is under way' },
        403: notOperator,
        503: notAvailable,
      },
    },
  },
};
