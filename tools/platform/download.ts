/** Downloads over HTTP: redirects followed, proxies of the environment used, silence noticed. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici';

const silenceMs = 5_000;

/** Asks a URL; the caller reads or dumps the body. */
export function ask(
  url: string,
  environment: NodeJS.ProcessEnv,
  method: 'GET' | 'HEAD' = 'GET',
): Promise<Dispatcher.ResponseData> {
  const proxy = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? '';
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: proxy('HTTP_PROXY'),
    httpsProxy: proxy('HTTPS_PROXY'),
    noProxy: proxy('NO_PROXY'),
    connect: { timeout: silenceMs },
    headersTimeout: 2 * silenceMs,
    bodyTimeout: 6 * silenceMs,
  }).compose(interceptors.redirect({ maxRedirections: 5 }));
  return request(url, { method, dispatcher });
}

/** Downloads into a file and resolves with its SHA-256; `received` hears how many bytes came, of how many in all (0: unknown). */
export async function download(
  url: string,
  file: string,
  environment: NodeJS.ProcessEnv,
  received: (bytes: number, of: number) => void = () => {},
): Promise<string> {
  const { statusCode, headers, body } = await ask(url, environment);
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`${url} answered ${statusCode}`);
  }
  const total = Number(headers['content-length'] ?? 0);
  const digest = createHash('sha256');
  let size = 0;
  body.on('data', (chunk: Buffer) => {
    digest.update(chunk);
    size += chunk.length;
    received(chunk.length, total);
  });
  await pipeline(body, createWriteStream(file));
  if (total > 0 && size !== total) throw new Error(`${url} ended after ${size} of ${total} bytes`);
  return digest.digest('hex');
}

/** Throws where what came from there has another SHA-256 than it must have. */
export function expectDigest(url: string, found: string, expected: string): void {
  if (found !== expected) throw new Error(`${url} has the SHA-256 \`${found}\` instead of \`${expected}\``);
}

/** A number of bytes as one shows it. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
