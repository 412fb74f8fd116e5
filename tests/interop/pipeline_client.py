"""Debian's python3-confluent-kafka around the pipeline: its AvroProducer writes user events, its AvroConsumer reads the features.

pipeline_client.py write BOOTSTRAP REGISTRY EVENTS-TOPIC [SEED]            user events, and one that moves the stream time past all sessions
pipeline_client.py read BOOTSTRAP REGISTRY FEATURES-TOPIC [SEED]           waits for the features of these events: exit 1 on a difference
The topic of events has one partition, the view of features is user_sessions with a gap of 30 minutes, as in appsettings.json.
Needs python3-confluent-kafka, python3-avro and python3-requests.
"""
import datetime
import random
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition, OFFSET_BEGINNING
from confluent_kafka.avro import AvroConsumer, AvroProducer, loads

MINUTE = 60_000
GAP = 30 * MINUTE
START = 1_700_000_000_000
# As the users of the pipeline write it: logicalType stands beside the field's type, which is a plain long.
SCHEMA = """{ "type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [
  {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"},
  {"name": "timestamp", "type": "long", "logicalType": "timestamp-millis"},
  {"name": "session_id", "type": ["null", "string"], "default": null} ] }"""


def events(seed):
    """Sessions of some users in order of time, then one event of somebody else two hours later."""
    rng = random.Random(seed)
    made = []
    for user in range(50):
        at = START + rng.randrange(GAP)
        for _ in range(rng.randrange(1, 12)):
            kind = rng.choice(["view", "click", "purchase", "suche-ü"])
            made.append({"user_id": f"user-{user}-é", "event_type": kind, "timestamp": at, "session_id": rng.choice([None, "s"])})
            at += rng.choice([0, 1, 5 * MINUTE, GAP, GAP + 1, 2 * GAP])
    made.sort(key=lambda event: event["timestamp"])
    return made, {"user_id": "clock", "event_type": "tick", "timestamp": made[-1]["timestamp"] + 4 * GAP, "session_id": None}


def features(made):
    """What the view says of these events, computed plainly."""
    by_user = {}
    for event in made:
        by_user.setdefault(event["user_id"], []).append(event)
    expected = {}
    for user, own in by_user.items():
        sessions = [[own[0]]]
        for event in own[1:]:
            if event["timestamp"] - sessions[-1][-1]["timestamp"] <= GAP:
                sessions[-1].append(event)
            else:
                sessions.append([event])
        for session in sessions:
            kinds = [event["event_type"] for event in session]
            start, end = session[0]["timestamp"], session[-1]["timestamp"]
            purchases = kinds.count("purchase")
            expected[(user, start)] = {
                "user_id": user, "event_timestamp": end, "window_start": start, "window_end": end,
                "duration": end - start, "event_count": len(kinds), "event_types": len(set(kinds)),
                "purchases": purchases, "purchase_rate": purchases / len(kinds),
                "firsts": {event["event_type"] for event in session if event["timestamp"] == start},
                "lasts": {event["event_type"] for event in session if event["timestamp"] == end}}
    return expected


def write(config, topic, seed):
    producer = AvroProducer(config)
    schema = loads(SCHEMA)
    made, clock = events(seed)
    for event in made + [clock]:
        # Keys are plain text, which AvroProducer.produce refuses: its own serializer makes the value.
        value = producer._serializer.encode_record_with_schema(topic, schema, event)
        Producer.produce(producer, topic, value=value, key=event["user_id"].encode())
    return 0 if producer.flush(30) == 0 else 1


def read(config, topic, seed):
    expected = features(events(seed)[0])
    total = len(expected)
    consumer = AvroConsumer({**config, "group.id": "interop-pipeline", "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    deadline = time.monotonic() + 90
    while expected:
        message = Consumer.poll(consumer, 1)
        if time.monotonic() > deadline:
            return fail(f"{len(expected)} of {total} sessions did not come within 90 s, {next(iter(expected.values()))} among them")
        if message is None or message.error():
            continue
        record = consumer._serializer.decode_message(message.value())
        wanted = expected.pop((record["user_id"], millis(record["window_start"])), None)
        if wanted is None:
            return fail(f"{record} is not expected, or came twice")
        if message.key() != record["user_id"].encode() or message.timestamp()[1] != wanted["event_timestamp"]:
            return fail(f"{record} under key {message.key()} at {message.timestamp()}")
        firsts, lasts = wanted.pop("firsts"), wanted.pop("lasts")
        read_back = {name: millis(record[name]) for name in wanted}
        if read_back != wanted or record["entry_event"] not in firsts or record["exit_event"] not in lasts:
            return fail(f"a session differs\n  expected {wanted}, from {firsts} to {lasts}\n  read     {record}")
    print(f"{total} sessions as expected")
    consumer.close()
    return 0


def millis(value):
    return round(value.timestamp() * 1000) if isinstance(value, datetime.datetime) else value


def fail(message):
    print(message, file=sys.stderr)
    return 1


def main():
    verb, bootstrap, registry, topic = sys.argv[1:5]
    seed = sys.argv[5] if len(sys.argv) > 5 else "7"
    config = {"bootstrap.servers": bootstrap, "schema.registry.url": registry}
    return write(config, topic, seed) if verb == "write" else read(config, topic, seed)


sys.exit(main())
