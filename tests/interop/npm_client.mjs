// npm's @confluentinc/schemaregistry as one of the clients, over kafkajs.
//   node npm_client.mjs write|read BOOTSTRAP REGISTRY TOPIC CASE-FILE CASE [RUN]
// read compares with what is expected: exit 1 on a difference. The packages lie where NODE_MODULES_DIR says.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const require = createRequire(`${process.env.NODE_MODULES_DIR}/`);
const { SchemaRegistryClient, AvroSerializer, AvroDeserializer, SerdeType, SubjectNameStrategyType, VALUE_SCHEMA_ID_HEADER } =
  require('@confluentinc/schemaregistry');
const { Kafka, logLevel } = require('kafkajs');

const [verb, bootstrap, registryUrl, topic, file, name, run = '0'] = process.argv.slice(2);
const test = JSON.parse(readFileSync(file, 'utf8').replaceAll('RUN', 'run' + run)).find((one) => one.name === name);
const isBytes = test.schema === 'bytes';
const registry = new SchemaRegistryClient({ baseURLs: [registryUrl] });
const kafka = new Kafka({ brokers: bootstrap.split(','), clientId: 'interop', logLevel: logLevel.ERROR });
const subject = test.subject === 'record' ? { subjectNameStrategyType: SubjectNameStrategyType.RECORD } : {};

const plain = (value) => JSON.parse(JSON.stringify(value, (_, item) => (item?.type === 'Buffer' ? Buffer.from(item.data).toString('base64') : item)));

async function write() {
  // Without useLatestVersion this client derives a schema of its own from the value.
  const latest = { useLatestVersion: true, autoRegisterSchemas: false };
  // This client's own header serializer needs a registry that gives GUIDs; its hook lets it write the id.
  const inHeader = (_topic, _type, payload, schemaId, headers) => {
    headers[VALUE_SCHEMA_ID_HEADER] = schemaId.idToBytes();
    return payload;
  };
  const values = new AvroSerializer(registry, SerdeType.VALUE, { ...latest, ...valueSubject(), ...(test.header ? { schemaIdSerializer: inHeader } : {}) });
  const keys = new AvroSerializer(registry, SerdeType.KEY, { autoRegisterSchemas: true });
  const producer = kafka.producer();
  await producer.connect();
  for (let i = 0; i < test.values.length; i++) {
    const headers = {};
    const value = await values.serialize(topic, isBytes ? Buffer.from(test.values[i], 'base64') : test.values[i], headers);
    await producer.send({ topic, messages: [{ key: await keys.serialize(topic, `k${i}`), value, headers }] });
  }
  await producer.disconnect();
}

// By record name this client looks up the latest version before it knows the record: the name is told.
function valueSubject() {
  return test.subject === 'record' ? { subjectNameStrategy: () => `${test.schema.namespace}.${test.schema.name}` } : {};
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
          const key = await keys.deserialize(topic, message.key);
          const value = plain(await values.deserialize(topic, message.value, message.headers));
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
