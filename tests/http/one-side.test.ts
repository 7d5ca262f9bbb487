/** An id says its style: a look at a signup, and a click, ask that side only, whatever the others are doing. */
import { strict as assert } from 'node:assert';
import { Unavailable, type Coordinator } from '../../domain/coordinator.ts';
import { signupShown, styles } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { signupIdOf, verificationToken } from '../../domain/tokens.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { exchange } from './exchange.ts';

const { verificationKey } = bareParts;

for (const style of styles) {
  describe(`A signup by ${style}, while every other side is away`, () => {
    const id = signupIdOf(style, 'one side', verificationKey);
    const request = { email: 'ada@example.com', style };
    const signup = signupShown(id, request, { status: 'pending', startedAt: '2026-01-01T00:00:00.000Z' });
    const away = async () => {
      throw new Unavailable('database', new Error('away'));
    };
    const knows: Coordinator = {
      ...bareCoordinator,
      find: async (asked) => (asked === id ? signup : undefined),
      click: async (asked) => (asked === id ? 'activated' : 'unknown'),
    };
    const absent: Coordinator = { ...knows, find: away, click: away, resume: away };
    const sides = <Side>(here: Side, there: Side) => forEachStyle((each) => (each === style ? here : there));
    const parts = { coordinators: sides(knows, absent), histories: sides(async () => [], away) };

    it('is found, and its link works, with the id in upper case too', () =>
      withParts(parts, async (url) => {
        const token = verificationToken(id, verificationKey);
        for (const typed of [id, id.toUpperCase()]) {
          assert.equal((await exchange('GET', `/signups/${typed}`, { url })).status, 200);
          assert.equal((await exchange('GET', `/signups/${typed}/history`, { url })).status, 200);
          assert.equal((await exchange('POST', `/signups/${typed}/resume`, { url })).status, 202);
          const clicked = await exchange('POST', `/verify/${token.replace(id, typed)}`, { url });
          assert.deepEqual([clicked.status, clicked.body], [200, { id, status: 'activated' }]);
        }
      }));

    it('is not known where no side has it, which one side is enough to say', () =>
      withParts(parts, async (url) => {
        const other = signupIdOf(style, 'another', verificationKey);
        assert.equal((await exchange('GET', `/signups/${other}`, { url })).status, 404);
      }));
  });
}
