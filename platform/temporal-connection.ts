/** A connection to the Temporal frontend as the `TEMPORAL_*` variables describe it, for probing and provisioning. */
import { Connection } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { PlatformError, reasonOf } from './part.ts';

/** Connects within five seconds; whoever calls closes it. */
export async function connectTemporal(address: string, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const given = readConfig(
    [
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS',
      'TEMPORAL_TLS_CLIENT_CERT_PATH',
      'TEMPORAL_TLS_CLIENT_KEY_PATH',
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
      'TEMPORAL_TLS_SERVER_NAME',
    ],
    environment,
  );
  const {
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificate,
    TEMPORAL_TLS_CLIENT_KEY_PATH: key,
  } = given;
  const authority = given.TEMPORAL_TLS_SERVER_CA_CERT_PATH;
  const name = given.TEMPORAL_TLS_SERVER_NAME;
  const tls = given.TEMPORAL_TLS ?? (apiKey ?? certificate ?? authority ?? name) !== undefined;
  return Connection.connect({
    address,
    connectTimeout: '5 seconds',
    ...(apiKey === undefined ? {} : { apiKey }),
    tls: tls && {
      ...(certificate === undefined || key === undefined
        ? {}
        : { clientCertPair: { crt: readFileSync(certificate), key: readFileSync(key) } }),
      ...(authority === undefined ? {} : { serverRootCACertificate: readFileSync(authority) }),
      ...(name === undefined ? {} : { serverNameOverride: name }),
    },
  });
}

/** Resolves when the frontend answers. */
export async function reachTemporal(address: string, environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    const connection = await connectTemporal(address, environment);
    await connection.close();
  } catch (error) {
    throw new PlatformError(`Temporal at ${address} does not answer: ${reasonOf(error)}`);
  }
}
