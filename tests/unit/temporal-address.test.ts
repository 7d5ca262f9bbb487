import { strict as assert } from 'node:assert';
import { connectionOptions, temporalAddress } from '../../orchestration/connection.ts';

const address = 'temporal.example:7233';

const tlsWith = (given: Record<string, string>) =>
  connectionOptions(temporalAddress({ TEMPORAL_ADDRESS: address, ...given })).tls;

describe('The address of Temporal', () => {
  it('is reached without TLS, unless it is asked for', () => {
    assert.deepEqual(connectionOptions(temporalAddress({ TEMPORAL_ADDRESS: address })), {
      address,
      tls: false,
    });
    assert.deepEqual(tlsWith({ TEMPORAL_TLS: 'true' }), {});
  });

  it('is reached with TLS where there is a key or a name, unless that is switched off', () => {
    assert.deepEqual(tlsWith({ TEMPORAL_API_KEY: 'key' }), {});
    assert.deepEqual(tlsWith({ TEMPORAL_TLS_SERVER_NAME: 'inner' }), { serverNameOverride: 'inner' });
    assert.equal(tlsWith({ TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'false' }), false);
  });

  it('is given the key', () => {
    const options = connectionOptions(
      temporalAddress({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: 'key' }),
    );
    assert.deepEqual(options, { address, tls: {}, apiKey: 'key' });
  });
});
