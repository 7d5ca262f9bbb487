/** What operations answer, as the OpenAPI document describes it: in which form, and what several of them say alike. */
import { z } from 'zod';
import { ProblemDetails } from './problems.ts';

export const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } });
export const page = (description: string) => ({
  description,
  content: { 'text/html': { schema: z.string() } },
});
/** Without a body. */
export const nothing = (description: string) => ({ description });
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemDetails } },
});

const clicked = z.object({ id: z.uuid(), status: z.enum(['activated', 'pending']) });

/** As what is asked for: of a click, and of one that cannot be acted on. */
export const clickedOrPage = (description: string) => ({
  description,
  content: { ...json(clicked).content, ...page('').content },
});
export const problemOrPage = (description: string) => ({
  description,
  content: { ...problem('').content, ...page('').content },
});

export const badRequest = problem('Not a valid request');
export const notAvailable = problem('Not available; `Retry-After` says when to try again');
export const repeatLater = problem(
  'Not available; `Retry-After` says when to try again, and that repeating it (with the same key) is safe',
);
export const notOperator = problem(
  'Not an operator, or called by another name than its own, or by a page of another site',
);
export const elsewhere = problem('Called by another name than its own, or by a page of another site');
