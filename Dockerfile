# Image of the worker. docker build --tag feature-pipeline:dev .
#
# Chiselled runtime image: glibc, no shell, no package manager, user app (1654). The program's own verb is the health check.
# The image names are arguments, for mirrors.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

# mimalloc: librdkafka allocates on one thread and frees on another; what that gives is in docs/PERFORMANCE.md.
# The -dev package depends on the library whatever this release calls it.
FROM ${SDK_IMAGE} AS allocator
ARG ALLOCATOR_PACKAGE=libmimalloc-dev
RUN apt-get update \
 && apt-get install -y --no-install-recommends ${ALLOCATOR_PACKAGE} \
 && mkdir -p /opt/allocator \
 && cp -L "$(ls /usr/lib/*/libmimalloc.so.[0-9] | head -1)" /opt/allocator/libmimalloc.so

FROM ${SDK_IMAGE} AS build
# BuildKit sets TARGETARCH to the platform that the image is for; without BuildKit it is the builder's own.
ARG TARGETARCH
WORKDIR /source
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Projects and lock files first: this layer is rebuilt only when a dependency changes.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/FeaturePipeline/FeaturePipeline.csproj src/FeaturePipeline/packages.lock.json src/FeaturePipeline/
COPY src/FeaturePipeline.Features/FeaturePipeline.Features.csproj src/FeaturePipeline.Features/packages.lock.json src/FeaturePipeline.Features/
COPY src/FeaturePipeline.Streams/FeaturePipeline.Streams.csproj src/FeaturePipeline.Streams/packages.lock.json src/FeaturePipeline.Streams/
COPY src/FeaturePipeline.Kafka/FeaturePipeline.Kafka.csproj src/FeaturePipeline.Kafka/packages.lock.json src/FeaturePipeline.Kafka/
COPY src/FeaturePipeline.Avro/FeaturePipeline.Avro.csproj src/FeaturePipeline.Avro/packages.lock.json src/FeaturePipeline.Avro/
RUN case "${TARGETARCH:-$(dpkg --print-architecture)}" in \
      amd64) echo linux-x64 ;; arm64) echo linux-arm64 ;; *) echo "no build for this architecture" >&2; exit 1 ;; \
    esac > /rid \
 && dotnet restore src/FeaturePipeline -p:RuntimeIdentifier="$(cat /rid)" -p:PublishReadyToRun=true --locked-mode
COPY appsettings*.json ./
COPY src src
# Published for one platform: the other platforms' librdkafka would treble the image's native part.
RUN dotnet publish src/FeaturePipeline --no-restore -c Release -r "$(cat /rid)" --no-self-contained -p:PublishReadyToRun=true -o /app \
 && rm -f /app/alpine-librdkafka.so /app/*.pdb /app/*.xml /app/appsettings.Development.json \
 && mkdir -p /state

FROM ${RUNTIME_IMAGE} AS runtime
LABEL org.opencontainers.image.title="feature-pipeline" \
      org.opencontainers.image.description="Exactly-once session and window features from Kafka events"
COPY --from=allocator /opt/allocator/libmimalloc.so /usr/local/lib/libmimalloc.so
WORKDIR /app
COPY --from=build /app ./
COPY --from=build --chown=1654:1654 /state /var/lib/feature-pipeline
# The root file system may be read-only: state goes to the volume, the runtime's diagnostics socket to a tmpfs on /tmp.
ENV LD_PRELOAD=/usr/local/lib/libmimalloc.so \
    Streams__StateDirectory=/var/lib/feature-pipeline
VOLUME /var/lib/feature-pipeline
EXPOSE 8080
USER 1654:1654
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["/app/feature-pipeline", "healthcheck"]
ENTRYPOINT ["/app/feature-pipeline"]
CMD ["run"]
