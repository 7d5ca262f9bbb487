/** How our processes reach Temporal: address, namespace, TLS and key, from the usual `TEMPORAL_*` variables. */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { readConfig, requireConfig } from '../config.ts';

/** What both kinds of connection, the client's and the worker's, are opened with. */
export type TemporalAddress = {
  address: string;
  namespace: string;
  apiKey: string | undefined;
  tls: ReturnType<typeof tlsOf>;
};

/** Reads the address from the environment. */
export function temporalAddress(source: NodeJS.ProcessEnv = process.env): TemporalAddress {
  const { TEMPORAL_ADDRESS } = requireConfig(['TEMPORAL_ADDRESS'], source);
  const { TEMPORAL_NAMESPACE, TEMPORAL_API_KEY } = readConfig(
    ['TEMPORAL_NAMESPACE', 'TEMPORAL_API_KEY'],
    source,
  );
  return {
    address: TEMPORAL_ADDRESS,
    namespace: TEMPORAL_NAMESPACE,
    apiKey: TEMPORAL_API_KEY,
    tls: tlsOf(source),
  };
}

/** What either kind of connection is opened with. */
export function connectionOptions({ address, apiKey, tls }: TemporalAddress) {
  return { address, tls, ...(apiKey === undefined ? {} : { apiKey }) };
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

/** How long whoever has taken a connection may stay silent. */
export const firstWordWithinMs = 5000;
const watchedPorts = new Set<number>();

/**
 * A server that takes a connection and then says nothing is given up. The keepalive of gRPC begins with the server's first word, and
 * gRPC for JavaScript has no other limit: it would wait for that word for ever, and everyone with it.
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

function tlsOf(source: NodeJS.ProcessEnv) {
  const tls = readConfig(
    [
      'TEMPORAL_TLS',
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS_CLIENT_CERT_PATH',
      'TEMPORAL_TLS_CLIENT_KEY_PATH',
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
      'TEMPORAL_TLS_SERVER_NAME',
    ],
    source,
  );
  const { TEMPORAL_TLS_CLIENT_CERT_PATH: crt, TEMPORAL_TLS_CLIENT_KEY_PATH: key } = tls;
  const { TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority, TEMPORAL_TLS_SERVER_NAME: serverName } = tls;
  const isWanted = tls.TEMPORAL_TLS ?? Boolean(tls.TEMPORAL_API_KEY ?? crt ?? authority ?? serverName);
  // The SDK takes a key without a word about TLS for the wish to have it.
  if (!isWanted) return false;
  return {
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    ...(authority === undefined ? {} : { serverRootCACertificate: readFileSync(authority) }),
    ...(crt === undefined || key === undefined
      ? {}
      : { clientCertPair: { crt: readFileSync(crt), key: readFileSync(key) } }),
  };
}
