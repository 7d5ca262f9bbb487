/**
 * How Temporal is reached, for our processes and the platform: address, namespace, TLS and key, from the usual `TEMPORAL_*` variables
 * and a profile of `temporal.toml`, as Temporal's own library reads them.
 */
import { subscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type TLSConfig,
} from '@temporalio/client';
import {
  type ClientConfigProfile,
  loadClientConfigProfile,
  loadConfigData,
  toClientOptions,
} from '@temporalio/envconfig';
import { ConfigurationError, readConfig, variables } from '../../adapters/config.ts';

/** What both kinds of connection, the client's and the worker's, are opened with. */
export type TemporalAddress = {
  address: string;
  namespace: string;
  apiKey?: string | undefined;
  metadata?: Connection['options']['metadata'] | undefined;
  tls: false | TLSConfig;
};

/** Reads how Temporal is reached; `undefined` where nothing names an address. */
export function givenTemporal(source: NodeJS.ProcessEnv): TemporalAddress | undefined {
  const profile = profileOf(source);
  if (profile.address === undefined) return undefined;
  if (!variables.TEMPORAL_ADDRESS.schema.safeParse(profile.address).success) {
    throw new ConfigurationError(
      `The address in the profile of Temporal is wrong, expected ${variables.TEMPORAL_ADDRESS.form}`,
    );
  }
  return addressOf(profile, profile.address);
}

/** Reads how Temporal is reached, for what cannot do without it. */
export function temporalAddress(source: NodeJS.ProcessEnv = process.env): TemporalAddress {
  const given = givenTemporal(source);
  if (given === undefined) throw new ConfigurationError('TEMPORAL_ADDRESS is not set, expected host:port');
  return given;
}

/** What either kind of connection is opened with. */
export function connectionOptions({ address, apiKey, tls, metadata }: TemporalAddress) {
  return {
    address,
    tls,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** A client that connects when it is first used, and again by itself. */
export function openClient(temporal: TemporalAddress): {
  client: Client;
  connection: Connection;
} {
  const { address, namespace } = temporal;
  giveUpSilentConnections(Number(/:(\d+)$/.exec(address)?.[1]));
  const connection = Connection.lazy({
    ...connectionOptions(temporal),
    connectTimeout: '2 seconds',
    // The client's own pauses between attempts grow to seconds and are not cut short by a deadline: an answer that is to
    // come within 2 s would take 4.
    interceptors: [
      makeGrpcRetryInterceptor({ ...defaultGrpcRetryOptions({ maxAttempts: 20 }), delayFunction: () => 100 }),
    ],
    // A silent server is noticed by a ping, within 9 s. A server that allows fewer pings (one every 10 s unless told
    // otherwise, as the embedded one is) says so once, and then gets half as many.
    channelArgs: {
      'grpc.keepalive_time_ms': 5000,
      'grpc.keepalive_timeout_ms': 4000,
      'grpc.keepalive_permit_without_calls': 1,
      // By itself it would look for a server that was away for long only every two minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    },
  });
  return { client: new Client({ connection, namespace }), connection };
}

/** How long a server that has taken a connection may stay silent. */
export const firstWordWithinMs = 5000;
const watchedPorts = new Set<number>();

/**
 * A server that takes a connection and then says nothing is given up. The keepalive of gRPC begins with the server's first word, and
 * gRPC for JavaScript has no other limit: it would wait for that word for ever, and all calls with it.
 */
function giveUpSilentConnections(port: number): void {
  if (watchedPorts.has(port)) return;
  watchedPorts.add(port);
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => {
      if (socket.remotePort !== port) return;
      const giveUp = () => void (socket.bytesRead === 0 && socket.destroy());
      setTimeout(giveUp, firstWordWithinMs).unref();
    });
  });
}

function addressOf(profile: ClientConfigProfile, address: string): TemporalAddress {
  const { connectionOptions: options, namespace = 'default' } = toClientOptions(profile);
  const { apiKey, metadata } = options;
  const { serverNameOverride, serverRootCACertificate, clientCertPair } =
    typeof options.tls === 'object' ? (options.tls ?? {}) : {};
  const tls = {
    ...(serverNameOverride ? { serverNameOverride } : {}),
    ...(serverRootCACertificate ? { serverRootCACertificate } : {}),
    ...(clientCertPair ? { clientCertPair } : {}),
  };
  // The SDK takes a key without a word about TLS for the wish to have it.
  return { address, namespace, apiKey, metadata, tls: options.tls ? tls : false };
}

/** The variables, over the profile where one is named: a file that other programs share must not decide what is attached. */
function profileOf(source: NodeJS.ProcessEnv): ClientConfigProfile {
  const { TEMPORAL_TLS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = readConfig(
    ['TEMPORAL_ADDRESS', 'TEMPORAL_TLS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'],
    source,
  );
  if (TEMPORAL_CONFIG_FILE !== undefined && !existsSync(TEMPORAL_CONFIG_FILE))
    throw new ConfigurationError('TEMPORAL_CONFIG_FILE names a file that is not there');
  const set = Object.entries(source).filter((entry): entry is [string, string] => Boolean(entry[1]));
  // `on` and `yes` are true here, and false for the library.
  const tls = TEMPORAL_TLS === undefined ? {} : { TEMPORAL_TLS: String(TEMPORAL_TLS) };
  let profile: ClientConfigProfile;
  try {
    profile = loadClientConfigProfile({
      disableFile: TEMPORAL_PROFILE === undefined && TEMPORAL_CONFIG_FILE === undefined,
      configFileStrict: true,
      overrideEnvVars: { ...Object.fromEntries(set), ...tls },
    });
  } catch (error) {
    // The first line: what follows shows the file, secrets included.
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new ConfigurationError(`TEMPORAL_* or the profile is wrong: ${why}`);
  }
  return withReadableFiles(profile);
}

function withReadableFiles(profile: ClientConfigProfile): ClientConfigProfile {
  const { clientCert, clientKey, serverCACert } = profile.tls ?? {};
  const certificate = 'TEMPORAL_TLS_CLIENT_CERT_PATH';
  const key = 'TEMPORAL_TLS_CLIENT_KEY_PATH';
  if (clientCert && !clientKey) throw new ConfigurationError(`${key} is not set, but ${certificate} is`);
  if (clientKey && !clientCert) throw new ConfigurationError(`${certificate} is not set, but ${key} is`);
  const named = {
    [certificate]: clientCert,
    [key]: clientKey,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: serverCACert,
  };
  for (const [name, from] of Object.entries(named)) {
    try {
      loadConfigData(from);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigurationError(`${name} names a file that cannot be read (${code ?? 'unknown'})`);
    }
  }
  return profile;
}
