// npm's @confluentinc/schemaregistry as one of the clients, over kafkajs.
//   node npm_client.mjs write|read BOOTSTRAP REGISTRY TOPIC CASE-FILE CASE [RUN]
// read compares with what is expected: exit 1 on a difference. The packages lie where NODE_MODULES_DIR says.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const require = createRequire(`${process.env.NODE_MODULES_DIR}/`);
const { SchemaRegistryClient, AvroSerializer, AvroDeserializer, SerdeType, SubjectNameStrategyType, HeaderSchemaIdSerializer, VALUE_SCHEMA_ID_HEADER } =
  require('@confluentinc/schemaregistry');
const { Kafka, logLevel } = require('kafkajs');

const [verb, bootstrap, registryUrl, topic, file, name, run = '0'] = process.argv.slice(2);
const test = JSON.parse(readFileSync(file, 'utf8').replaceAll('RUN', 'run' + run)).find((one) => one.name === name);
const registry = new SchemaRegistryClient({ baseURLs: [registryUrl] });
const kafka = new Kafka({ brokers: bootstrap.split(','), clientId: 'interop', logLevel: logLevel.ERROR });

// Its own header serializer writes GUIDs. Ids in headers and GUIDs before the body it only reads; its hook lets it write them, too.
const SCHEMA_IDS = {
  prefix: undefined,
  header: (_topic, _type, payload, schemaId, headers) => {
    headers[VALUE_SCHEMA_ID_HEADER] = schemaId.idToBytes();
    return payload;
  },
  'guid-header': HeaderSchemaIdSerializer,
  'guid-prefix': (_topic, _type, payload, schemaId) => Buffer.concat([schemaId.guidToBytes(), payload]),
};

const plain = (value) => JSON.parse(JSON.stringify(value, (_, item) => (item?.type === 'Buffer' ? Buffer.from(item.data).toString('base64') : item)));

async function write() {
  // Without useLatestVersion this client derives a schema of its own from the value.
  const latest = { useLatestVersion: true, autoRegisterSchemas: false };
  const values = new AvroSerializer(registry, SerdeType.VALUE, { ...latest, ...valueSubject(), schemaIdSerializer: SCHEMA_IDS[test.ids ?? 'prefix'] });
  const keys = new AvroSerializer(registry, SerdeType.KEY, { autoRegisterSchemas: true });
  const producer = kafka.producer();
  await producer.connect();
  for (let i = 0; i < test.values.length; i++) {
    const headers = {};
    const value = test.values[i] === null ? null : await values.serialize(topic, binary(test.schema, test.values[i]), headers);
    await producer.send({ topic, messages: [{ key: await keys.serialize(topic, `k${i}`), value, headers }] });
  }
  await producer.disconnect();
}

// By record name this client looks up the latest version before it knows the record: the name is told. It never takes a tombstone: kafkajs does.
function valueSubject() {
  const record = `${test.schema.namespace}.${test.schema.name}`;
  return test.subject === 'record' ? { subjectNameStrategy: () => record } : test.subject === 'topic-record' ? { subjectNameStrategy: (topic) => `${topic}-${record}` } : {};
}

// cases.json has bytes as base64.
function binary(schema, value) {
  if (schema === 'bytes') return Buffer.from(value, 'base64');
  if (schema.type !== 'record') return value;
  return Object.fromEntries(schema.fields.map((field) => [field.name, field.type === 'bytes' ? Buffer.from(value[field.name], 'base64') : value[field.name]]));
}

async function read() {
  const values = new AvroDeserializer(registry, SerdeType.VALUE, { ...valueSubject(), ...(test.reader ? { useLatestVersion: true } : {}) });
  const keys = new AvroDeserializer(registry, SerdeType.KEY, {});
  const consumer = kafka.consumer({ groupId: `interop-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const expected = test.expected ?? test.values;
  let i = 0;
  const failure = await new Promise((resolve) => {
    setTimeout(() => resolve(`${topic}: ${i} of ${expected.length} messages came within 30 s`), 30000).unref();
    consumer.run({
      eachMessage: async ({ message }) => {
        try {
          const prefix = message.headers[VALUE_SCHEMA_ID_HEADER] ?? message.value;
          if (message.value !== null && prefix[0] !== ((test.ids ?? 'prefix').startsWith('guid') ? 1 : 0)) resolve(`${topic}: message ${i} names its schema as ${prefix[0]}`);
          const key = await keys.deserialize(topic, message.key);
          const value = message.value === null ? null : plain(await values.deserialize(topic, message.value, message.headers));
          if (key !== `k${i}` || !isDeepStrictEqual(value, expected[i])) {
            resolve(`${topic}: message ${i} differs\n  expected ${JSON.stringify(expected[i])}\n  read     ${JSON.stringify(value)} under ${key}`);
          }
        } catch (error) {
          resolve(`${topic}: message ${i}: ${error.stack}`);
        }
        if (++i === expected.length) resolve(null);
      },
    });
  });
  await consumer.disconnect();
  if (failure) {
    console.error(failure);
    process.exit(1);
  }
}

await (verb === 'write' ? write() : read());
process.exit(0);
