// Whether the published catalogue is right, by programs of others: AsyncAPI by the JSON Schema of
// its authors, the schemas of events and their examples by Ajv, under JSON Schema 2020-12.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const options = { strict: false, allErrors: true, validateFormats: false };
const wrong = [];

const judge = (ajv, schema, value, name) => {
  if (!ajv.validate(schema, value)) {
    wrong.push(...ajv.errors.map((e) => `${name}${e.instancePath} ${e.message}`));
  }
};

const catalogue = read('asyncapi.json');
judge(new Ajv(options), specs.schemasWithoutId[catalogue.asyncapi], catalogue, 'asyncapi');

const names = readdirSync(join(folder, 'events'));
for (const name of names) {
  const schema = read(join('events', name));
  const ajv = new Ajv2020({ ...options, strict: true, strictRequired: false });
  for (const example of schema.examples) judge(ajv, schema, example, name);
}
console.log(JSON.stringify({ wrong, count: names.length }));
