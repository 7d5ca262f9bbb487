/**
 * The first signup of a stack takes seconds: connections are opened, and the worker loads the workflow. One in each style is played before
 * anything is broken, so that what a cell shows is the fault.
 */
import { until } from '../../adapters/waiting.ts';
import type { Signup, Style } from '../../domain/signup.ts';
import { answersOk } from '../platform/our-processes.ts';
import { customersOf, eachLookedAtEveryMs, signUp } from './customers.ts';
import type { LabStack } from './stack.ts';

const unwatched = { failed: () => {}, accepted: () => {} };

/** Resolves once a signup in each of these styles was notified. Throws after two minutes. */
export async function warmUp(
  { stack }: Pick<LabStack, 'stack'>,
  styles: Iterable<Style>,
  signal: AbortSignal,
): Promise<void> {
  const { api } = stack.urls;
  const { verificationKey } = stack.addresses;
  const customers = [...styles].flatMap((style) =>
    customersOf(verificationKey, 'warm-up', style, 0, 1, ['click']),
  );
  await Promise.all(
    customers.map(async (customer) => {
      await signUp(api, customer, unwatched, signal);
      const isNotified = async () => {
        const { notified } = JSON.parse(await answersOk(`${api}/signups/${customer.signupId}`)) as Signup;
        return notified.email === 'sent';
      };
      await until(`the first signup by ${customer.style} to be notified`, isNotified, {
        withinMs: 120_000,
        everyMs: eachLookedAtEveryMs,
        signal,
      });
    }),
  );
}
