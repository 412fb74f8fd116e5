using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using FeaturePipeline.Verbs;
using k8s;
using k8s.Models;

namespace FeaturePipeline.IntegrationTests.Chart;

// The chart as helm renders it, read strictly by the models of the Kubernetes client: an unknown or misplaced field fails.
public sealed partial class ChartTests
{
    private static readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal)
    {
        ["apps/v1/StatefulSet"] = typeof(V1StatefulSet),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/Pod"] = typeof(V1Pod),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
    };

    // The operators' own kinds have no model in the client; their shape is checked field by field below.
    private static readonly string[] _customGroups = ["keda.sh/", "monitoring.coreos.com/"];

    [GeneratedRegex(""""(featurepipeline\.[a-z.]+)"""")]
    private static partial Regex MetricName { get; }

    [GeneratedRegex("featurepipeline_[a-z_]+")]
    private static partial Regex MetricUse { get; }

    [GeneratedRegex("(_seconds)?(_bucket|_count|_sum|_total)?$")]
    private static partial Regex Suffix { get; }

    public static TheoryData<string> ValuesFiles => [.. Directory.GetFiles(Path.Combine(Helm.ChartFolder, "ci")).Select(f => Path.GetFileName(f)), "values.yaml"];

    [Theory]
    [MemberData(nameof(ValuesFiles))]
    public void Every_object_is_valid_Kubernetes(string values)
    {
        var objects = Objects(Helm.Render("--values", PathOf(values)));
        Assert.Contains(objects, o => o is V1StatefulSet or V1Deployment);
        Assert.All(objects, o => Assert.False(string.IsNullOrEmpty(((IKubernetesObject<V1ObjectMeta>)o).Metadata.Name)));
    }

    [Theory]
    [MemberData(nameof(ValuesFiles))]
    public async Task The_mounted_settings_are_valid_to_the_program(string values)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            // Where the pod mounts certificates, the test has files.
            WriteCertificates(folder, "kafka-tls");
            WriteCertificates(folder, "registry-tls");

            string file = Path.Combine(folder, "appsettings.json");
            string rendered = Helm.Render("--values", PathOf(values));
            await File.WriteAllTextAsync(file, Settings(rendered).Replace("/etc/feature-pipeline", folder, StringComparison.Ordinal));
            using var output = new StringWriter();
            using var error = new StringWriter();
            int code = await CommandLine.RunAsync(["validate", "--config", file, .. SecretsOf(rendered)], output, error);
            Assert.True(code == 0, error.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("a Deployment's pods share one claim", "workload.kind=Deployment")]
    [InlineData("the member id is the pod's name", "workload.kind=Deployment,persistence.enabled=false,staticMembership.enabled=true")]
    [InlineData("a static member never leaves the group", "autoscaling.enabled=true,staticMembership.enabled=true")]
    [InlineData("Use at most 2 replicas", "kafka.partitions=2,workload.replicas=3")]
    [InlineData("the others would idle", "kafka.partitions=2,autoscaling.enabled=true,autoscaling.maxReplicas=3")]
    [InlineData("commit markers leave a lag of 1", "kafka.partitions=200,autoscaling.enabled=true")]
    [InlineData("SASL needs SASL_SSL", "security.sasl.mechanism=PLAIN")]
    [InlineData("needs security.sasl.mechanism", "security.protocol=SASL_SSL")]
    [InlineData("a ConfigMap is no place for a secret", "kafka.client.sasl\\.password=x")]
    [InlineData("set persistence.mountPath instead", "appsettings.Streams.StateDirectory=/x")]
    [InlineData("additional properties 'replica' not allowed", "workload.replica=3")]
    [InlineData("minimum: got 0, want 1", "autoscaling.minReplicas=0")]
    public void What_cannot_work_is_refused_with_the_reason(string reason, string set)
    {
        var (code, _, error) = Helm.Template("--set", set);
        Assert.NotEqual(0, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Autoscaling_with_static_members_is_possible_when_acknowledged() =>
        Assert.Contains("kind: ScaledObject", Helm.Render("--set", "autoscaling.enabled=true,staticMembership.enabled=true,autoscaling.acknowledgeStaticMembership=true"), StringComparison.Ordinal);

    [Fact]
    public void The_pod_runs_without_privileges_and_is_probed_on_the_management_port()
    {
        var pod = Objects(Helm.Render("--set", "staticMembership.enabled=true")).OfType<V1StatefulSet>().Single().Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(1654, pod.SecurityContext.RunAsUser);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.Equal(
            ["/health/startup", "/health/ready", "/health/live"],
            new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.Select(p => p.HttpGet.Path));
        Assert.Equal(8080, container.Ports.Single(p => p.Name == container.LivenessProbe.HttpGet.Port).ContainerPort);
        Assert.Equal("$(POD_NAME)", container.Env.Single(e => e.Name == "Streams__InstanceId").Value);
        Assert.Equal(pod.Volumes.Select(v => v.Name).Append("state").Order(StringComparer.Ordinal), container.VolumeMounts.Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_changed_setting_rolls_the_pods_and_secrets_stay_out_of_the_settings()
    {
        string Checksum(params string[] arguments) =>
            Objects(Helm.Render(arguments)).OfType<V1StatefulSet>().Single().Spec.Template.Metadata.Annotations["checksum/appsettings"];
        Assert.Equal(Checksum(), Checksum());
        Assert.NotEqual(Checksum(), Checksum("--set", "appsettings.FeatureViews.user_sessions.Window.Gap=7m"));

        string rendered = Helm.Render("--values", PathOf("full-values.yaml"));
        var client = JsonDocument.Parse(Settings(rendered)).RootElement.GetProperty("Kafka").GetProperty("Client");
        Assert.Equal("SCRAM-SHA-512", client.GetProperty("sasl.mechanism").GetString());
        Assert.False(client.TryGetProperty("sasl.password", out _));
        var secrets = Objects(rendered).OfType<V1StatefulSet>().Single().Spec.Template.Spec.Volumes.Single(v => v.Name == "secrets").Projected.Sources;
        Assert.Contains("Kafka__Client__sasl.password", secrets.SelectMany(s => s.Secret.Items).Select(i => i.Path));
    }

    [Fact]
    public void The_scaled_object_follows_the_groups_lag_on_the_source_topic()
    {
        string[] lines = [.. Document(Helm.Render("--values", PathOf("full-values.yaml")), "kind: ScaledObject").Split('\n').Select(l => l.Trim())];
        Assert.Contains("kind: StatefulSet", lines);
        Assert.Contains("topic: \"clicks\"", lines);
        Assert.Contains("consumerGroup: \"ml-feature-pipeline\"", lines);
        Assert.Contains("activationLagThreshold: \"12\"", lines);
        Assert.Contains("minReplicaCount: 1", lines);
        Assert.Null(Objects(Helm.Render("--values", PathOf("full-values.yaml"))).OfType<V1StatefulSet>().Single().Spec.Replicas);
    }

    [Fact]
    public void There_is_an_alert_for_each_way_to_fail()
    {
        string rule = Document(Helm.Render("--values", PathOf("full-values.yaml")), "kind: PrometheusRule");
        string[] alerts = [.. rule.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("- alert: ", StringComparison.Ordinal)).Select(l => l["- alert: FeaturePipeline".Length..])];
        Assert.Equal(["LagGrowing", "NotRunning", "ThreadFailed", "RestoreStuck", "CommitAborts", "DeadLetters", "Stalled", "VolumeFull"], alerts);
    }

    [Fact]
    public void Alerts_and_dashboard_ask_only_for_metrics_that_there_are()
    {
        string metrics = File.ReadAllText(Path.Combine(Helm.ChartFolder, "..", "..", "src", "FeaturePipeline.Streams", "Diagnostics", "StreamsMetrics.cs"));
        var known = MetricName.Matches(metrics).Select(m => m.Groups[1].Value.Replace('.', '_')).ToHashSet(StringComparer.Ordinal);
        string rendered = Helm.Render("--values", PathOf("full-values.yaml"));
        var asked = MetricUse.Matches(rendered).Select(m => Suffix.Replace(m.Value, string.Empty)).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(known));
    }

    // What the pod mounts one file a key, the test sets; the names are the chart's.
    private static IEnumerable<string> SecretsOf(string rendered)
    {
        var pod = Objects(rendered).Select(o => (o as V1StatefulSet)?.Spec.Template.Spec ?? (o as V1Deployment)?.Spec.Template.Spec).Single(s => s is not null)!;
        var keys = pod.Volumes.Where(v => v.Name == "secrets").SelectMany(v => v.Projected.Sources).SelectMany(s => s.Secret.Items).Select(i => i.Path);
        return keys.SelectMany(k => (string[])["--set", $"{k.Replace("__", ":", StringComparison.Ordinal)}=user:secret"]);
    }

    private static void WriteCertificates(string folder, string mount)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        string path = Directory.CreateDirectory(Path.Combine(folder, mount)).FullName;
        File.WriteAllText(Path.Combine(path, "ca"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(path, "certificate"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(path, "key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static string PathOf(string values) =>
        Path.Combine(Helm.ChartFolder, values == "values.yaml" ? values : Path.Combine("ci", values));

    private static IEnumerable<string> Documents(string rendered) =>
        rendered.Split("\n---", StringSplitOptions.RemoveEmptyEntries).Where(d => d.Contains("kind:", StringComparison.Ordinal));

    private static string Document(string rendered, string mark) => Documents(rendered).Single(d => d.Split('\n').Contains(mark));

    private static List<object> Objects(string rendered)
    {
        var core = Documents(rendered).Where(d => !_customGroups.Any(g => d.Contains("apiVersion: " + g, StringComparison.Ordinal)));
        return KubernetesYaml.LoadAllFromString(string.Join("\n---\n", core), _types, strict: true);
    }

    private static string Settings(string rendered) =>
        Objects(rendered).OfType<V1ConfigMap>().Single(m => m.Data.ContainsKey("appsettings.json")).Data["appsettings.json"];
}
