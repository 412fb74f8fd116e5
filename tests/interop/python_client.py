"""Debian's python3-confluent-kafka as one of the clients: AvroProducer and AvroConsumer over python3-avro.

python_client.py write|read BOOTSTRAP REGISTRY TOPIC CASE-FILE CASE [RUN]
read compares with what is expected: exit 1 on a difference. Needs python3-confluent-kafka, python3-avro and python3-requests.
"""
import json
import sys

from confluent_kafka import Producer, TopicPartition, OFFSET_BEGINNING
from confluent_kafka.avro import AvroConsumer, AvroProducer, loads


def main():
    verb, bootstrap, registry, topic, file, name = sys.argv[1:7]
    run = sys.argv[7] if len(sys.argv) > 7 else "0"
    with open(file, encoding="utf-8") as text:
        case = next(case for case in json.loads(text.read().replace("RUN", "run" + run)) if case["name"] == name)
    config = {"bootstrap.servers": bootstrap, "schema.registry.url": registry}
    return write(config, topic, case) if verb == "write" else read(config, topic, case)


def write(config, topic, case):
    producer = AvroProducer(config, default_key_schema=loads('"string"'), default_value_schema=loads(json.dumps(case["schema"])))
    for i, value in enumerate(case["values"]):
        if "subject" in case:
            # AvroProducer knows no subject but the topic's: its registry client registers, as it does there, and its serializer writes with the id.
            record = f"{case['schema']['namespace']}.{case['schema']['name']}"
            subject = record if case["subject"] == "record" else f"{topic}-{record}"
            schema_id = producer._serializer.registry_client.register(subject, loads(json.dumps(case["schema"])))
            message = producer._serializer.encode_record_with_schema_id(schema_id, value)
            key = producer._serializer.encode_record_with_schema(topic, loads('"string"'), f"k{i}", is_key=True)
            Producer.produce(producer, topic, key=key, value=message)
        else:
            producer.produce(topic=topic, key=f"k{i}", value=value)
    return 0 if producer.flush(20) == 0 else 1


def read(config, topic, case):
    reader = loads(json.dumps(case["reader"])) if "reader" in case else None
    consumer = AvroConsumer({**config, "group.id": "interop-python"}, reader_value_schema=reader)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    expected = case.get("expected", case["values"])
    for i, value in enumerate(expected):
        message = consumer.poll(20)
        if message is None or message.error():
            print(f"{topic}: {i} of {len(expected)} messages came: {message and message.error()}", file=sys.stderr)
            return 1
        if (message.key(), message.value()) != (f"k{i}", value):
            print(f"{topic}: message {i} differs\n  expected {value}\n  read     {message.value()} under {message.key()}", file=sys.stderr)
            return 1
    consumer.close()
    return 0


sys.exit(main())
