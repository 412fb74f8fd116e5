#!/usr/bin/env bash
# What the whole worker costs on the canonical job J1 (sessions with 15 features), with its own serde and with Confluent's default one, beside
# the floor (the bare native batch consumer) and, where PEER names it, Kafka Streams, on the same broker and the same topic in the same hour;
# each with and without mimalloc preloaded.
#
#   BOOTSTRAP=localhost:9092 REGISTRY=http://localhost:8081 [PEER=folder/of/kafka-streams] benchmarks/throughput.sh
#
# EVENTS (8000000)  USERS (100000)  REPEAT (2)  MIMALLOC (found under /usr/lib)  OUT (a file that gets the JSON lines, too)
# Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${BOOTSTRAP:?the broker, host:port}" "${REGISTRY:?the schema registry, a URL}"
events=${EVENTS:-8000000} users=${USERS:-100000} repeat=${REPEAT:-2}
mimalloc=${MIMALLOC:-$(compgen -G "/usr/lib/*/libmimalloc.so.[0-9]" | head -1 || true)}
topic=user-events-$(date +%H%M%S) run=$(date +%H%M%S)
work=$(mktemp -d "${TMPDIR:-/tmp}/throughput.XXXXXX")
trap 'rm -rf "$work"' EXIT
program=src/FeaturePipeline/bin/Release/net10.0/feature-pipeline
bench=benchmarks/FeaturePipeline.Benchmarks/bin/Release/net10.0/FeaturePipeline.Benchmarks
out=${OUT:-/dev/null}
say() { echo "== $*"; }

[ "${NO_BUILD:-0}" = 1 ] || dotnet build -c Release -v q -nologo -clp:NoSummary benchmarks/FeaturePipeline.Benchmarks
[ -n "$mimalloc" ] || say "mimalloc is not installed (Debian: libmimalloc2.0); only the C library's allocator is measured"

say "input: $events events of $users users in 4 partitions"
schema='{"type":"record","name":"UserEvent","namespace":"com.company.events","fields":[{"name":"user_id","type":"string"},{"name":"event_type","type":"string"},{"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"session_id","type":["null","string"],"default":null}]}'
if [ -n "${PEER:-}" ]; then
  id=$(printf '{"schema":"%s"}' "${schema//\"/\\\"}" | curl -sf -X POST -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d @- "$REGISTRY/subjects/$topic-value/versions" | tr -dc 0-9)
  "$PEER/run" gen --bootstrap "$BOOTSTRAP" --topic "$topic" --events "$events" --users "$users" --partitions 4 --seed 1 --schema-id "$id"
else
  "$program" produce --events "$events" --users "$users" --seed 1 --late 0.01 --partitions 4 \
    --set "Kafka:BootstrapServers=$BOOTSTRAP" --set "SchemaRegistry:Url=$REGISTRY" --set "Source:Topic=$topic"
fi

floor() { # label: the bare native batch consumer
  "$bench" floor --bootstrap "$BOOTSTRAP" --topic "$topic" --label "$1" | tee -a "$out"
}
worker() { # label n serde
  local app=throughput-$run-$1-$2
  "$bench" worker --bootstrap "$BOOTSTRAP" --topic "$topic" --group "$app" --label "$1" --serde "$3" --log "$work/$1-$2.log" -- \
    --config benchmarks/appsettings.J1.json --set "Kafka:BootstrapServers=$BOOTSTRAP" --set "SchemaRegistry:Url=$REGISTRY" \
    --set "Kafka:ApplicationId=$app" --set "Source:Topic=$topic" --set "FeatureViews:sessions:Topic=feature-$app-sessions" \
    --set "DeadLetter:Topic=dlq-$app" --set "Streams:StateDirectory=$work/$app" --set Management:Address=127.0.0.1 --set Management:Port=18280 \
    ${WORKER_ARGS:-} | tee -a "$out"
  declare -g "last_$3=$app"
}
for n in $(seq "$repeat"); do
  say "run $n, the C library's allocator"
  floor floor-glibc
  worker worker-glibc "$n" ours
  worker default-serde-glibc "$n" default
  if [ -n "$mimalloc" ]; then
    say "run $n, mimalloc preloaded"
    LD_PRELOAD=$mimalloc floor floor-mimalloc
    LD_PRELOAD=$mimalloc worker worker-mimalloc "$n" ours
    LD_PRELOAD=$mimalloc worker default-serde-mimalloc "$n" default
  fi
  if [ -n "${PEER:-}" ]; then
    say "run $n, Kafka Streams (Processor API)"
    "$PEER/run" job J1 --bootstrap "$BOOTSTRAP" --topic "$topic" --impl papi --guarantee exactly_once_v2 --threads 1 --commit-ms 100 --schema-id "$id" --keep true --out-prefix peer- | tee -a "$out"
  fi
done

say "the last workers' features"
for app in "$last_ours" "$last_default"; do
  "$bench" verify-sessions --job J1 --bootstrap "$BOOTSTRAP" --registry "$REGISTRY" --source "$topic" --features "feature-$app-sessions"
done
if [ -n "${PEER:-}" ]; then
  "$program" describe --config benchmarks/appsettings.J1.json --schema sessions >"$work/sessions.avsc"
  "$PEER/run" check --bootstrap "$BOOTSTRAP" --topics sessions --out-prefix "feature-$last_ours-" --schema "$work/sessions.avsc"
  "$PEER/run" check --bootstrap "$BOOTSTRAP" --topics sessions --out-prefix peer-
fi
