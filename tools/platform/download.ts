/** Downloads over HTTP: redirects followed, proxies of the environment used, silence noticed. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici';
import { reasonOf } from './error.ts';

const silenceMs = 5_000;

/** With which proxies it is downloaded, who hears of the bytes that came (of how many; 0: unknown), and what ends it before. */
export type Downloading = {
  environment: NodeJS.ProcessEnv;
  received?: (bytes: number, of: number) => void;
  signal?: AbortSignal | undefined;
};

/** Asks a URL; the caller reads or dumps the body. */
export function ask(
  url: string,
  environment: NodeJS.ProcessEnv,
  method: 'GET' | 'HEAD' = 'GET',
  signal?: AbortSignal,
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
  return request(url, { method, dispatcher, ...(signal && { signal }) });
}

/** Whether something can be downloaded: asks for its head only. */
export async function answersUrl(
  url: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<true | string> {
  try {
    const { statusCode, body } = await ask(url, environment, 'HEAD', signal);
    await body.dump();
    return statusCode < 400 || statusCode === 405 ? true : `${url} answered ${statusCode}`;
  } catch (error) {
    return `${url} cannot be reached (${reasonOf(error)})`;
  }
}

/** Downloads into a file and resolves with its SHA-256. */
export async function download(
  url: string,
  file: string,
  { environment, received = () => {}, signal }: Downloading,
): Promise<string> {
  const { statusCode, headers, body } = await ask(url, environment, 'GET', signal);
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
