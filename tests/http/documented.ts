/** Whether an answer is one that `/openapi.json` promises: its status, its content type, the shape of its body. */
import { strict as assert } from 'node:assert';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../http/openapi.ts';

type Operation = {
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>;
};

/** What the API says of itself: path, method, operation. */
export const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
};

// Not strict: an OpenAPI document is more than the schemas in it.
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

/** Fails unless the document has this answer of this operation, and the body conforms to it. */
export function assertConforms(path: string, method: string, answer: Answered): void {
  const what = `${method} ${path} → ${answer.status}`;
  const [template, operations] = operationsAt(path) ?? [];
  assert.ok(template && operations, `${path} is not documented`);
  const operation = operations[method.toLowerCase()];
  assert.ok(operation, `${what}: the method is not documented`);
  const response = operation.responses[answer.status];
  assert.ok(response, `${what}: the status is not documented`);
  const { content } = response;
  if (content === undefined) return assert.equal(answer.body, '', `${what}: a body is not documented`);
  const type = answer.contentType.split(';')[0] ?? '';
  assert.ok(content[type], `${what}: \`${type}\` is not documented`);
  const place = ['paths', template, method.toLowerCase(), 'responses', answer.status, 'content', type];
  const pointer = place.map((part) => encodeURIComponent(String(part).replaceAll('/', '~1'))).join('/');
  const isValid = ajv.compile({ $ref: `openapi#/${pointer}/schema` });
  assert.ok(isValid(answer.body), `${what}: ${ajv.errorsText(isValid.errors)}`);
}

/** Whether the document has this method of this path: 405 answers are for those it has not. */
export function isDocumented(path: string, method: string): boolean {
  return operationsAt(path)?.[1][method.toLowerCase()] !== undefined;
}

/** As much of an answer as is documented. */
export type Answered = { status: number; contentType: string; body: unknown };

function operationsAt(path: string): [string, Record<string, Operation>] | undefined {
  const [pathname = ''] = path.split('?');
  return Object.entries(document.paths).find(([template]) =>
    new RegExp(`^${template.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(
      pathname,
    ),
  );
}
