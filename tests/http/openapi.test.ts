/** The OpenAPI document: valid, complete, and a check that can fail. All other tests here hold answers against it. */
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { IRoute } from 'express';
import { createApp } from '../../http/app.ts';
import { assertConforms, document } from './documented.ts';
import { bareParts } from './bare-app.ts';
import { exchange } from './exchange.ts';

describe('GET /openapi.json', () => {
  it('serves a valid OpenAPI 3.1 document', async () => {
    const { body } = await exchange<Record<string, unknown>>('GET', '/openapi.json');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(body));
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(validator.version, '3.1');
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    assert.equal((body['info'] as { version: string }).version, version);
    assert.deepEqual(body, document, 'it is what the tests hold answers against');
  });

  it('would not be found valid with a mistake in it', async () => {
    const broken = { ...structuredClone(document), paths: { '/signups': { post: { responses: 7 } } } };
    assert.equal((await new Validator().validate(broken)).valid, false);
  });

  it('lists every route and method of the app, and no other', () => {
    const routes = (createApp(bareParts).router.stack as { route?: IRoute }[]).flatMap(({ route }) => {
      if (!route) return [];
      const methods = route.stack.flatMap(({ method }) => method ?? []);
      return methods.map((method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`);
    });
    const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(listed.toSorted(), [...new Set(routes)].toSorted());
    assert.ok(listed.includes('post /signups'));
  });
});

describe('An answer', () => {
  const live = { status: 200, contentType: 'application/json; charset=utf-8', body: { status: 'up' } };

  it('conforms to the document when status, content type and body are as it says', () => {
    assertConforms('/health/live', 'GET', live);
    assertConforms('/health/live?x=1', 'GET', live);
  });

  for (const [what, path, method, answer] of [
    ['its path is not listed', '/health/lively', 'GET', live],
    ['its method is not listed', '/health/live', 'POST', live],
    ['its status is not listed', '/health/live', 'GET', { ...live, status: 418 }],
    ['its content type is not listed', '/health/live', 'GET', { ...live, contentType: 'text/plain' }],
    ['its body is of another shape', '/health/live', 'GET', { ...live, body: { status: 'down' } }],
    ['a field is missing', '/signups/x', 'GET', { ...live, body: { id: 'x' } }],
  ] as const) {
    it(`does not conform when ${what}`, () => {
      assert.throws(() => assertConforms(path, method, answer), assert.AssertionError);
    });
  }
});
