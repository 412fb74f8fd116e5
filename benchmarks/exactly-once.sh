#!/usr/bin/env bash
# Exactly-once, shown: the worker's session features, read by a read_committed consumer, are compared record by record with a batch
# computation over the log that shares no code with it. Three scenarios: undisturbed; killed (kill -9) at 5 random moments and
# restarted each time; two workers of which one is killed.
#
#   BOOTSTRAP=localhost:9092 REGISTRY=http://localhost:8081 benchmarks/exactly-once.sh [undisturbed] [killed] [two-workers]
#
# EVENTS (1000000)  USERS (20000)  SEED (7)  LATE (0.01)  KILLS (5)  SESSION_TIMEOUT_MS (6000: how long a dead member is waited for)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${BOOTSTRAP:?the broker, host:port}" "${REGISTRY:?the schema registry, a URL}"
events=${EVENTS:-1000000} users=${USERS:-20000} seed=${SEED:-7} late=${LATE:-0.01} kills=${KILLS:-5}
session_timeout=${SESSION_TIMEOUT_MS:-6000}
run=$(date +%H%M%S)
work=$(mktemp -d "${TMPDIR:-/tmp}/exactly-once.XXXXXX")
program=src/FeaturePipeline/bin/Release/net10.0/feature-pipeline
bench=benchmarks/FeaturePipeline.Benchmarks/bin/Release/net10.0/FeaturePipeline.Benchmarks
declare -A worker=()
finish() { local name; for name in "${!worker[@]}"; do kill -9 "${worker[$name]}" 2>/dev/null || true; done; }
trap finish EXIT

[ "${NO_BUILD:-0}" = 1 ] || dotnet build -c Release -v q -nologo -clp:NoSummary benchmarks/FeaturePipeline.Benchmarks

settings() { # scenario name port: the settings of one worker
  echo "--set Kafka:BootstrapServers=$BOOTSTRAP --set SchemaRegistry:Url=$REGISTRY --set Kafka:ApplicationId=exactly-once-$run-$1
    --set Kafka:Consumer:session.timeout.ms=$session_timeout --set Source:Topic=user-events-$run-$1 --set Source:IdleAfter=0 --set Source:MaxFutureSkew=0
    --set FeatureViews:user_sessions:Topic=user-session-features-$run-$1 --set DeadLetter:Topic=user-events-dlq-$run-$1
    --set Streams:StateDirectory=$work/$1-$2 --set Management:Port=$3 --set Management:Address=127.0.0.1"
}
produce() { # scenario events
  # shellcheck disable=SC2046
  "$program" produce --events "$2" --users "$users" --seed "$seed" --late "$late" --partitions 4 $(settings "$1" producer 0) 2>>"$work/produce.log"
}
start() { # scenario name port
  # shellcheck disable=SC2046
  "$program" run $(settings "$1" "$2" "$3") >>"$work/$1-$2.log" 2>&1 &
  worker[$2]=$!
}
stop() { # name: as Kubernetes does
  kill -TERM "${worker[$1]}"
  wait "${worker[$1]}" || { echo "worker $1 ended with exit code $?" >&2; return 1; }
  unset "worker[$1]"
}
crash() { # name
  kill -9 "${worker[$1]}"
  wait "${worker[$1]}" 2>/dev/null || true
  unset "worker[$1]"
}
await() { # scenario until count
  "$bench" await-group --bootstrap "$BOOTSTRAP" --group "exactly-once-$run-$1" --topic "user-events-$run-$1" --until "$2" --count "$3"
}
verify() { # scenario
  "$bench" verify-sessions --bootstrap "$BOOTSTRAP" --registry "$REGISTRY" --source "user-events-$run-$1" --features "user-session-features-$run-$1"
}

undisturbed() {
  produce undisturbed "$events"
  start undisturbed one 18180
  await undisturbed end 0
  stop one
}
killed() {
  produce killed "$events"
  local i at
  # One moment in each of as many equal parts of the log, at random.
  for i in $(seq 0 $((kills - 1))); do
    at=$((events * i / kills + (RANDOM * 32768 + RANDOM) % (events / kills)))
    start killed one 18181
    await killed committed "$((at > 0 ? at : 1))" | sed "s/^/  kill -9 after at least $at: /"
    crash one
  done
  start killed one 18181
  await killed end 0
  stop one
}
two-workers() {
  produce two-workers 0
  start two-workers one 18182
  start two-workers two 18183
  await two-workers members 2
  produce two-workers "$events" &
  local producer=$!
  await two-workers committed $((events / 3)) | sed 's/^/  kill -9 of worker one: /'
  crash one
  wait $producer
  await two-workers end 0
  stop two
}

failures=0
for scenario in "${@:-undisturbed killed two-workers}"; do
  for name in $scenario; do
    echo "== $name"
    if "$name" && verify "$name"; then echo "   exact"; else echo "   NOT exact; logs: $work"; failures=$((failures + 1)); fi
  done
done
[ $failures = 0 ] && rm -rf "$work"
exit $((failures > 0))
