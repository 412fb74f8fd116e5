{{/* The pod template of either workload. */}}
{{- define "feature-pipeline.pod" -}}
metadata:
  labels:
    {{- include "feature-pipeline.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    checksum/appsettings: {{ include "feature-pipeline.appsettings" . | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "feature-pipeline.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext: {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: pipeline
      image: {{ include "feature-pipeline.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [run, --config, /etc/feature-pipeline/config/appsettings.json]
      env: {{- include "feature-pipeline.env" . | nindent 8 }}
      {{- with .Values.extraEnvFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: management
          containerPort: {{ .Values.management.port }}
      startupProbe:
        httpGet: {path: /health/startup, port: management}
        {{- toYaml .Values.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet: {path: /health/ready, port: management}
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet: {path: /health/live, port: management}
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      securityContext: {{- toYaml .Values.securityContext | nindent 8 }}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts: {{- include "feature-pipeline.volumeMounts" . | nindent 8 }}
        - name: state
          mountPath: {{ .Values.persistence.mountPath }}
        {{- with .Values.extraVolumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
    {{- with .Values.extraContainers }}{{ toYaml . | nindent 4 }}{{ end }}
  volumes: {{- include "feature-pipeline.volumes" . | nindent 4 }}
    {{- if not .Values.persistence.enabled }}
    - name: state
      emptyDir: {}
    {{- end }}
    {{- with .Values.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}

{{- define "feature-pipeline.env" -}}
- name: DOTNET_ENVIRONMENT
  value: {{ .Values.environment | quote }}
{{- if or .Values.security.sasl.existingSecret .Values.schemaRegistry.existingSecret }}
- name: FEATURE_PIPELINE_SECRETS
  value: /etc/feature-pipeline/secrets
{{- end }}
# The image sets it, too, and a variable wins over the mounted settings.
- name: Streams__StateDirectory
  value: {{ .Values.persistence.mountPath | quote }}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.pod.name=$(POD_NAME)
{{- if .Values.staticMembership.enabled }}
- name: Streams__InstanceId
  value: $(POD_NAME)
{{- end }}
{{- if not .Values.allocator.preload }}
- name: LD_PRELOAD
  value: ""
{{- end }}
{{- with .Values.telemetry.otlp.headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom: {secretKeyRef: {name: {{ . }}, key: headers}}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "feature-pipeline.volumeMounts" -}}
- name: config
  mountPath: /etc/feature-pipeline/config
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if or .Values.security.sasl.existingSecret .Values.schemaRegistry.existingSecret }}
- name: secrets
  mountPath: /etc/feature-pipeline/secrets
  readOnly: true
{{- end }}
{{- if .Values.security.tls.existingSecret }}
- name: kafka-tls
  mountPath: /etc/feature-pipeline/kafka-tls
  readOnly: true
{{- end }}
{{- if .Values.schemaRegistry.tls.existingSecret }}
- name: registry-tls
  mountPath: /etc/feature-pipeline/registry-tls
  readOnly: true
{{- end }}
{{- end }}

{{- define "feature-pipeline.volumes" -}}
- name: config
  configMap: {name: {{ include "feature-pipeline.fullname" . }}}
- name: tmp
  emptyDir: {}
{{- if or .Values.security.sasl.existingSecret .Values.schemaRegistry.existingSecret }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- with .Values.security.sasl }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret }}
          items:
            {{- if eq .mechanism "OAUTHBEARER" }}
            - {key: client-id, path: Kafka__Client__sasl.oauthbearer.client.id}
            - {key: client-secret, path: Kafka__Client__sasl.oauthbearer.client.secret}
            {{- else }}
            - {key: username, path: Kafka__Client__sasl.username}
            - {key: password, path: Kafka__Client__sasl.password}
            {{- end }}
      {{- end }}
      {{- end }}
      {{- with .Values.schemaRegistry }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret }}
          items:
            {{- if eq .secretKind "bearer" }}
            - {key: bearer-token, path: SchemaRegistry__BearerToken}
            {{- else }}
            - {key: basic-auth-user-info, path: SchemaRegistry__BasicAuthUserInfo}
            {{- end }}
      {{- end }}
      {{- end }}
{{- end }}
{{- include "feature-pipeline.tlsVolume" (dict "name" "kafka-tls" "tls" .Values.security.tls) }}
{{- include "feature-pipeline.tlsVolume" (dict "name" "registry-tls" "tls" .Values.schemaRegistry.tls) }}
{{- end }}

{{- define "feature-pipeline.tlsVolume" -}}
{{- if .tls.existingSecret }}
- name: {{ .name }}
  secret:
    secretName: {{ .tls.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .tls.caKey }}, path: ca}
      {{- with .tls.certKey }}
      - {key: {{ . }}, path: certificate}
      {{- end }}
      {{- with .tls.keyKey }}
      - {key: {{ . }}, path: key}
      {{- end }}
{{- end }}
{{- end }}
