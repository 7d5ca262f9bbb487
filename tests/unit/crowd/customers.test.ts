/** Who comes in a crowd: each style the same number, at the same pace, with the same intents. */
import { strict as assert } from 'node:assert';
import { customersOf, type Customer } from '../../../crowd/customers.ts';
import { CrowdRequest, largestCrowd, type CrowdComing } from '../../../domain/crowd.ts';
import { IdempotencyKey, SignupRequest, styles } from '../../../domain/signup.ts';

const crowd = (wanted: Partial<CrowdComing> = {}): Customer[] =>
  customersOf('crowd-0a1b2c3d', { count: 60, perSecond: 20, styles: [...styles], ...wanted });

const counted = (values: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(values)].map((value) => [value, values.filter((each) => each === value).length]),
  );

describe('The customers of a crowd', () => {
  it('are spread evenly over the styles', () => {
    const byStyle = counted(crowd().map(({ request }) => request.style));
    assert.deepEqual(byStyle, Object.fromEntries(styles.map((style) => [style, 10])));
  });

  it('are spread as evenly as can be where their number is no multiple', () => {
    const byStyle = counted(crowd({ count: 50 }).map(({ request }) => request.style));
    assert.deepEqual(Object.values(byStyle).toSorted(), [8, 8, 8, 8, 9, 9]);
  });

  it('begin each round with another style', () => {
    const first = crowd({ count: 36 }).filter((_, index) => index % styles.length === 0);
    assert.equal(new Set(first.map(({ request }) => request.style)).size, styles.length);
  });

  it('come at an even pace, and the first one at once', () => {
    const due = crowd({ count: 5, perSecond: 4 }).map(({ dueMs }) => dueMs);
    assert.deepEqual(due, [0, 250, 500, 750, 1000]);
  });

  it('ask for what the API takes, each with an address and a key of their own', () => {
    const largest = crowd({ count: largestCrowd.count });
    for (const { key, request } of largest) {
      SignupRequest.parse(request);
      IdempotencyKey.parse(key);
    }
    for (const own of [({ key }: Customer) => key, ({ request }: Customer) => request.email]) {
      assert.equal(new Set(largest.map(own)).size, largestCrowd.count);
    }
  });

  it('have the intents that were asked for, the same share in every style', () => {
    const intents = { click: 0.5, undeliverable: 0.1 };
    for (const style of styles) {
      const ofStyle = crowd({ count: 120, intents }).filter(({ request }) => request.style === style);
      assert.deepEqual(counted(ofStyle.map(({ intent }) => intent)), {
        click: 10,
        undeliverable: 2,
        wait: 8,
      });
    }
  });

  it('have an address that takes no mail where they intend so, and only then', () => {
    for (const { intent, request } of crowd({ intents: { undeliverable: 0.3, click: 0.7 } })) {
      assert.equal(request.email.endsWith('@undeliverable.example'), intent === 'undeliverable');
      assert.notEqual(intent, 'wait');
    }
  });

  it('all have one intent where its share is 1', () => {
    for (const intent of ['click', 'undeliverable'] as const) {
      assert.ok(crowd({ intents: { [intent]: 1 } }).every((customer) => customer.intent === intent));
    }
  });
});

describe('The request for a crowd', () => {
  for (const [what, wrong] of [
    ['nobody', { count: 0 }],
    ['more than a thousand', { count: 1001 }],
    ['more than 200 a second', { perSecond: 201 }],
    ['half a customer a second', { perSecond: 0.5 }],
    ['no style', { styles: [] }],
    ['a style twice', { styles: [styles[0], styles[0]] }],
    ['a share above 1', { intents: { click: 1.5 } }],
    ['shares above 1 in all', { intents: { click: 0.6, undeliverable: 0.6 } }],
    ['an intent that is none', { intents: { wait: 1 } }],
    ['a field that is none', { group: 'mine' }],
  ] as const) {
    it(`is refused for ${what}`, () =>
      assert.ok(!CrowdRequest.safeParse({ count: 10, perSecond: 10, ...wrong }).success));
  }
});
