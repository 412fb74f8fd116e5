# Shortcuts only: each target is one command.
.PHONY: build test ci demo format image up down chart throughput exactly-once

build:
	dotnet build

test:
	dotnet test

ci:
	bash .ci/run

demo:
	dotnet run --project src/FeaturePipeline -- demo

format:
	dotnet format

image:
	docker build --tag feature-pipeline:dev .

up:
	docker compose up --build

down:
	docker compose down --volumes

chart:
	helm lint --strict helm/feature-pipeline

throughput:
	benchmarks/throughput.sh

exactly-once:
	benchmarks/exactly-once.sh
