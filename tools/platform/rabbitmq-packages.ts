/** RabbitMQ from Debian's packages: which ones it takes, and where its programs are in them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DebianPrograms, fetchPrograms, unpackedFolder } from './debian-programs.ts';
import { quoted } from './debian-unpack.ts';
import type { Surroundings } from './part.ts';

/** Where the programs are, and the environment in which they find each other. */
export type RabbitPrograms = {
  server: string;
  epmd: string;
  environment: Record<string, string>;
  version: string;
};

/** The server, the parts of Erlang that it needs, and the libraries that those need. */
const packages = [
  'rabbitmq-server',
  'erlang-base',
  ...'asn1 crypto eldap eunit inets mnesia os-mon parsetools public-key runtime-tools ssl syntax-tools tools xmerl'
    .split(' ')
    .map((part) => `erlang-${part}`),
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'libsystemd0',
  'libcap2',
  'libtinfo6',
  'libssl3t64',
  'libzstd1',
  'zlib1g',
] as const;

const rabbitmq: DebianPrograms = {
  name: 'rabbitmq',
  title: 'RabbitMQ',
  packages,
  downloadSize: '55 MB',
  startedByLoader: 'usr/lib/erlang',
  mend: (root, place) => setErlangRoot(join(root, 'usr/lib/erlang'), join(place, 'usr/lib/erlang')),
};

/** How much the first start downloads. */
export const { downloadSize } = rabbitmq;

/** What is unpacked already. */
export function unpackedPackages(surroundings: Surroundings): RabbitPrograms | undefined {
  const folder = unpackedFolder(rabbitmq.name, surroundings);
  return folder === undefined ? undefined : programsIn(folder);
}

/** Downloads and unpacks where needed; two at once do the work once. */
export async function fetchPackages(surroundings: Surroundings): Promise<RabbitPrograms> {
  return programsIn(await fetchPrograms(rabbitmq, surroundings));
}

/** Debian writes the place Erlang is installed at into its start scripts. */
function setErlangRoot(erlang: string, place: string): void {
  const runtime = readdirSync(erlang).find((entry) => entry.startsWith('erts-')) ?? '';
  for (const folder of ['bin', join(runtime, 'bin')]) {
    const script = join(erlang, folder, 'erl');
    const text = readFileSync(script, 'utf8');
    writeFileSync(
      script,
      text.replaceAll('ROOTDIR=/usr/lib/erlang', () => `ROOTDIR=${quoted(place)}`),
    );
  }
}

function programsIn(folder: string): RabbitPrograms {
  const servers = join(folder, 'usr/lib/rabbitmq/lib');
  const server = readdirSync(servers).find((entry) => entry.startsWith('rabbitmq_server-')) ?? '';
  const bin = join(folder, 'usr/lib/erlang/bin');
  return {
    server: join(servers, server, 'sbin/rabbitmq-server'),
    epmd: join(bin, 'epmd'),
    environment: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` },
    version: server.replace('rabbitmq_server-', ''),
  };
}
