// Verifies the detached signature of a certificate by a library that we did not write.
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, flattenedVerify } from 'jose';

const { statement, jws, keys } = JSON.parse(readFileSync(0, 'utf8'));
const [header, , signature] = jws.split('.');
const payload = Buffer.from(statement).toString('base64url');
try {
  const done = await flattenedVerify(
    { protected: header, payload, signature }, createLocalJWKSet(keys), { algorithms: ['EdDSA'] },
  );
  const said = JSON.parse(new TextDecoder().decode(done.payload));
  console.log(JSON.stringify({ number: said.number, alg: done.protectedHeader.alg }));
} catch (error) {
  console.log(JSON.stringify({ error: error.code }));
}
