/** RabbitMQ's management API, for what AMQP itself has no words for: users, permissions, which queues there are. */

/** The virtual host of an AMQP address, as a part of a path; `amqp://host` and `amqp://host/` both mean `/`. */
export function virtualHostOf(amqpUrl: string): string {
  const { pathname } = new URL(amqpUrl);
  return pathname === '' || pathname === '/'
    ? '%2F'
    : encodeURIComponent(decodeURIComponent(pathname.slice(1)));
}

/** Calls the API at `managementUrl`, as the user of that address or else of `amqpUrl`. Throws where it says no. */
export function managementApi(
  managementUrl: string,
  amqpUrl: string,
): (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<unknown> {
  const base = new URL(managementUrl);
  const user = base.username === '' ? new URL(amqpUrl) : base;
  // As for AMQP itself, nobody named is the guest.
  const login = user.username === '' ? ['guest', 'guest'] : [user.username, user.password];
  const credentials = login.map(decodeURIComponent).join(':');
  const origin = `${base.origin}${base.pathname.replace(/\/(api\/?)?$/, '')}`;
  return async (method, path, body) => {
    const url = `${origin}/api/${path}`;
    let answer: Response;
    try {
      answer = await fetch(url, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
    } catch (cause) {
      throw new Error(`RabbitMQ’s management API at ${origin} does not answer`, { cause });
    }
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(
        `RabbitMQ’s management API refused \`${method} ${url}\` with ${answer.status}: ${text}`,
      );
    }
    return text === '' ? undefined : JSON.parse(text);
  };
}
