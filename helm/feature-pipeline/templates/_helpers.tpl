{{- define "feature-pipeline.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}

{{- define "feature-pipeline.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "feature-pipeline.labels" -}}
{{ include "feature-pipeline.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "feature-pipeline.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "feature-pipeline.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "feature-pipeline.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "feature-pipeline.sourceTopic" -}}
{{- dig "Source" "Topic" "user-events" .Values.appsettings }}
{{- end }}

{{/* The settings file: the chart's values, and appsettings over them. Secrets are never in it: they are mounted one file a key. */}}
{{- define "feature-pipeline.appsettings" -}}
{{- $client := deepCopy .Values.kafka.client }}
{{- $_ := set $client "security.protocol" (lower .Values.security.protocol) }}
{{- with .Values.security.sasl.mechanism }}{{ $_ := set $client "sasl.mechanism" . }}{{ end }}
{{- $client = merge $client .Values.security.sasl.oauth }}
{{- if .Values.security.tls.existingSecret }}
{{- $_ := set $client "ssl.ca.location" "/etc/feature-pipeline/kafka-tls/ca" }}
{{- if .Values.security.tls.certKey }}{{ $_ := set $client "ssl.certificate.location" "/etc/feature-pipeline/kafka-tls/certificate" }}{{ end }}
{{- if .Values.security.tls.keyKey }}{{ $_ := set $client "ssl.key.location" "/etc/feature-pipeline/kafka-tls/key" }}{{ end }}
{{- end }}
{{- $consumer := deepCopy .Values.kafka.consumer }}
{{- if eq .Values.kafka.groupProtocol "Classic" }}{{ $consumer = merge $consumer (dict "session.timeout.ms" (.Values.kafka.sessionTimeoutMs | int | toString)) }}{{ end }}
{{- $registry := dict "Url" .Values.schemaRegistry.url }}
{{- if .Values.schemaRegistry.tls.existingSecret }}
{{- $_ := set $registry "CaLocation" "/etc/feature-pipeline/registry-tls/ca" }}
{{- if .Values.schemaRegistry.tls.certKey }}{{ $_ := set $registry "CertificateLocation" "/etc/feature-pipeline/registry-tls/certificate" }}{{ end }}
{{- if .Values.schemaRegistry.tls.keyKey }}{{ $_ := set $registry "KeyLocation" "/etc/feature-pipeline/registry-tls/key" }}{{ end }}
{{- end }}
{{- $telemetry := dict }}
{{- with .Values.telemetry.otlp.endpoint }}{{ $_ := set $telemetry "Otlp" (dict "Endpoint" . "Protocol" $.Values.telemetry.otlp.protocol) }}{{ end }}
{{- $own := dict
  "Kafka" (dict "BootstrapServers" .Values.kafka.bootstrapServers "ApplicationId" .Values.kafka.applicationId "Client" $client "Consumer" $consumer "Producer" .Values.kafka.producer)
  "SchemaRegistry" $registry
  "Streams" (dict "GroupProtocol" .Values.kafka.groupProtocol "StateDirectory" .Values.persistence.mountPath)
  "Management" (dict "Port" (.Values.management.port | int))
  "Telemetry" $telemetry }}
{{- mustMergeOverwrite $own (deepCopy .Values.appsettings) | mustToPrettyJson }}
{{- end }}

{{/* Combinations that can't work, refused with the reason. */}}
{{- define "feature-pipeline.validate" -}}
{{- $v := .Values }}
{{- $partitions := int $v.kafka.partitions }}
{{- if and $v.persistence.enabled (eq $v.workload.kind "Deployment") }}
{{- fail "persistence.enabled with workload.kind=Deployment: a Deployment's pods share one claim and do not find their state again. Use workload.kind=StatefulSet, or persistence.enabled=false (state is then restored from the changelogs)." }}
{{- end }}
{{- if and $v.staticMembership.enabled (eq $v.workload.kind "Deployment") }}
{{- fail "staticMembership.enabled with workload.kind=Deployment: the member id is the pod's name, which changes with every pod. Use workload.kind=StatefulSet." }}
{{- end }}
{{- if and $v.autoscaling.enabled $v.staticMembership.enabled (not $v.autoscaling.acknowledgeStaticMembership) }}
{{- fail (printf "autoscaling.enabled with staticMembership.enabled: a static member never leaves the group, so scaling down strands its partitions until the session times out (%d ms). Switch one off, or set autoscaling.acknowledgeStaticMembership=true." (int $v.kafka.sessionTimeoutMs)) }}
{{- end }}
{{- if gt $partitions 0 }}
{{- if and (not $v.autoscaling.enabled) (gt (int $v.workload.replicas) $partitions) }}
{{- fail (printf "workload.replicas=%d with kafka.partitions=%d: a partition belongs to one member, the others would idle. Use at most %d replicas." (int $v.workload.replicas) $partitions $partitions) }}
{{- end }}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.maxReplicas) $partitions) }}
{{- fail (printf "autoscaling.maxReplicas=%d with kafka.partitions=%d: a partition belongs to one member, the others would idle. Use at most %d." (int $v.autoscaling.maxReplicas) $partitions $partitions) }}
{{- end }}
{{- if and $v.autoscaling.enabled (lt (int $v.autoscaling.activationLagThreshold) $partitions) }}
{{- fail (printf "autoscaling.activationLagThreshold=%d with kafka.partitions=%d: exactly-once commit markers leave a lag of 1 for each partition. Use at least %d." (int $v.autoscaling.activationLagThreshold) $partitions $partitions) }}
{{- end }}
{{- end }}
{{- if dig "Streams" "StateDirectory" "" $v.appsettings }}
{{- fail "appsettings.Streams.StateDirectory: set persistence.mountPath instead; the volume is mounted there." }}
{{- end }}
{{- if dig "Management" "Port" "" $v.appsettings }}
{{- fail "appsettings.Management.Port: set management.port instead; probes and scraping use it." }}
{{- end }}
{{- range $section, $properties := dict "kafka.client" $v.kafka.client "kafka.consumer" $v.kafka.consumer "kafka.producer" $v.kafka.producer "security.sasl.oauth" $v.security.sasl.oauth }}
{{- range $key, $_ := $properties }}
{{- if regexMatch "password|secret|ssl.key.pem" $key }}
{{- fail (printf "%s.%s: a ConfigMap is no place for a secret. Use security.sasl.existingSecret or security.tls.existingSecret." $section $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas." }}
{{- end }}
{{- if and $v.security.sasl.mechanism (not (hasPrefix "SASL_" $v.security.protocol)) }}
{{- fail (printf "security.sasl.mechanism=%s with security.protocol=%s: SASL needs SASL_SSL or SASL_PLAINTEXT." $v.security.sasl.mechanism $v.security.protocol) }}
{{- end }}
{{- if and (hasPrefix "SASL_" $v.security.protocol) (not (and $v.security.sasl.mechanism $v.security.sasl.existingSecret)) }}
{{- fail (printf "security.protocol=%s needs security.sasl.mechanism and security.sasl.existingSecret." $v.security.protocol) }}
{{- end }}
{{- end }}
