import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../adapters/config.ts';
import { connectionOptions, givenTemporal, temporalAddress } from '../../coordinators/workflow/connection.ts';

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

  describe('from files', () => {
    let folder: string;
    const inside = (name: string) => join(folder, name);
    const complaintOf = (given: Record<string, string>) => {
      try {
        temporalAddress({ TEMPORAL_ADDRESS: address, ...given });
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error));
        return error.message;
      }
      assert.fail(`\`${JSON.stringify(given)}\` was taken`);
    };

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'duet-temporal-'));
      writeFileSync(inside('certificate.pem'), 'the certificate');
      writeFileSync(inside('key.pem'), 'the key');
      writeFileSync(
        inside('temporal.toml'),
        '[profile.cloud]\naddress = "cloud.example:7233"\nnamespace = "ours"\napi_key = "secret"\n[profile.broken]\naddress = "nowhere"\n',
      );
      writeFileSync(inside('secret.toml'), 'api_key = secret value');
    });
    after(() => rmSync(folder, { recursive: true }));

    it('takes a profile, and a variable before it', () => {
      const profile = { TEMPORAL_CONFIG_FILE: inside('temporal.toml'), TEMPORAL_PROFILE: 'cloud' };
      const { namespace, apiKey, tls, ...rest } = givenTemporal(profile)!;
      assert.deepEqual([rest.address, namespace, apiKey, tls], ['cloud.example:7233', 'ours', 'secret', {}]);
      assert.equal(givenTemporal({ ...profile, TEMPORAL_NAMESPACE: 'mine' })?.namespace, 'mine');
    });

    it('reads no profile unless one is named', () => {
      const home = { HOME: folder, XDG_CONFIG_HOME: folder };
      assert.equal(givenTemporal(home), undefined);
      assert.match(complaintOf({ ...home, TEMPORAL_PROFILE: 'cloud' }), /Profile 'cloud' not found/);
    });

    it('takes a certificate with its key', () => {
      const { clientCertPair } = tlsWith({
        TEMPORAL_TLS_CLIENT_CERT_PATH: inside('certificate.pem'),
        TEMPORAL_TLS_CLIENT_KEY_PATH: inside('key.pem'),
      }) as { clientCertPair: { crt: Uint8Array; key: Uint8Array } };
      assert.equal(Buffer.from(clientCertPair.crt).toString(), 'the certificate');
      assert.equal(Buffer.from(clientCertPair.key).toString(), 'the key');
    });

    it('names the variable that is missing or wrong, in one line without its value', () => {
      const certificate = { TEMPORAL_TLS_CLIENT_CERT_PATH: inside('certificate.pem') };
      const gone = inside('gone');
      for (const [given, complaint] of [
        [certificate, /^TEMPORAL_TLS_CLIENT_KEY_PATH is not set, but TEMPORAL_TLS_CLIENT_CERT_PATH is$/],
        [{ TEMPORAL_TLS_CLIENT_KEY_PATH: gone }, /^TEMPORAL_TLS_CLIENT_CERT_PATH is not set/],
        [
          { ...certificate, TEMPORAL_TLS_CLIENT_KEY_PATH: gone },
          /^TEMPORAL_TLS_CLIENT_KEY_PATH .* cannot be read \(ENOENT\)$/,
        ],
        [{ TEMPORAL_TLS_SERVER_CA_CERT_PATH: gone }, /^TEMPORAL_TLS_SERVER_CA_CERT_PATH .*ENOENT/],
        [{ TEMPORAL_CONFIG_FILE: gone }, /^TEMPORAL_CONFIG_FILE names a file that is not there$/],
        [{ TEMPORAL_CONFIG_FILE: inside('secret.toml') }, /^TEMPORAL_\* or the profile is wrong: /],
      ] as const) {
        assert.match(complaintOf(given), complaint);
        assert.doesNotMatch(complaintOf(given), /secret|gone|\n/);
      }
      assert.throws(
        () => givenTemporal({ TEMPORAL_CONFIG_FILE: inside('temporal.toml'), TEMPORAL_PROFILE: 'broken' }),
        /address in the profile .*expected host:port/,
      );
    });
  });
});
