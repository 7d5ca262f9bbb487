import { strict as assert } from 'node:assert';
import pg from 'pg';
import { DatabaseUnavailable, isAway, statement } from '../../adapters/postgres.ts';

/** What Postgres answers with a code. */
function answer(code: string): Error {
  return Object.assign(new pg.DatabaseError('said no', 0, 'error'), { code });
}

/** What Node or the library throws, with the code that it gives. */
function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('That the database is away', () => {
  for (const [what, error] of [
    ['the connection broke', answer('08006')],
    ['the disk is full', answer('53100')],
    ['no connection is left', answer('53300')],
    ['it shuts down', answer('57P01')],
    ['it starts', answer('57P03')],
    ['it may only be read', answer('25006')],
    ['its disk fails', answer('58030')],
    ['it lets us in no more', answer('28P01')],
    ['a statement took too long', answer('57014')],
    ['nobody listens', failure('connect ECONNREFUSED', 'ECONNREFUSED')],
    ['its name does not resolve at the moment', failure('getaddrinfo EAI_AGAIN db', 'EAI_AGAIN')],
    ['its name does not resolve', failure('getaddrinfo ENOTFOUND db', 'ENOTFOUND')],
    ['there is no way to it', failure('connect ENETUNREACH', 'ENETUNREACH')],
    ['its certificate has expired', failure('certificate has expired', 'CERT_HAS_EXPIRED')],
    ['it broke off', failure('Connection terminated unexpectedly')],
    ['it is silent', failure('Query read timeout')],
  ] as const) {
    it(`is what it means when ${what}`, async () => {
      assert.ok(isAway(error));
      const ask = statement('unit-away', 'select 1');
      const unavailable = await ask({ query: () => Promise.reject(error) } as never).catch(
        (fault: unknown) => fault,
      );
      assert.ok(unavailable instanceof DatabaseUnavailable && unavailable.cause === error);
    });
  }

  for (const [what, error] of [
    ['a constraint is violated', answer('23505')],
    ['a text is none', answer('22021')],
    ['a function raises', answer('P0001')],
    ['it may not be asked for that', answer('42501')],
    ['another transaction was in the way', answer('40P01')],
    ['our code is wrong', new TypeError('undefined is not a function')],
  ] as const) {
    it(`is not what it means when ${what}`, () => assert.equal(isAway(error), false));
  }
});
