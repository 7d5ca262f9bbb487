/**
 * What is wrong with a Kafka, in a sentence that its operator can act upon. Its client tells it in errors within errors, of which
 * only the innermost knows.
 */

/** What those errors are about, as far as the environment can be changed so that they end. */
const remedies: readonly [RegExp, string][] = [
  [/certificate/, 'KAFKA_TLS_CA_PATH names the authority that its certificate is from'],
  [/authentication failed/, 'KAFKA_USERNAME or KAFKA_PASSWORD is wrong'],
  [/does not support the requested SASL mechanism/, 'KAFKA_SASL_MECHANISM is to be another'],
  [/requires TLS/, 'KAFKA_TLS is to be true'],
  [/Connection closed/, 'as by a Kafka that ends, or that asks for a login (KAFKA_SASL_MECHANISM)'],
];

/** The same error, told by its cause: where that was, and what to do about it. `brokers` are those that were named. */
export function explained(error: unknown, brokers: readonly string[]): Error {
  const chain = chainOf(error);
  const { message } = chain.at(-1) ?? new Error(String(error));
  const at = chain.map((each) => /^Connection to (\S+) failed/.exec(each.message)?.[1]).findLast(Boolean);
  const remedy =
    at !== undefined && !brokers.includes(at)
      ? 'that is where Kafka says that a broker is: unless it is down, its advertised.listeners name what cannot be reached from here'
      : remedies.find(([pattern]) => pattern.test(message))?.[1];
  const where = at !== undefined && !message.includes(at) ? `${at}: ` : '';
  return new Error(`${where}${message}${remedy === undefined ? '' : ` (${remedy})`}`, { cause: error });
}

/** An error and those within it, down to the innermost. */
function chainOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const [within] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  return [error, ...chainOf(within)];
}
