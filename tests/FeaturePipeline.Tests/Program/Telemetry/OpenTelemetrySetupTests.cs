using System.Collections;
using FeaturePipeline.Configuration;
using FeaturePipeline.Telemetry;

namespace FeaturePipeline.Tests.Program.Telemetry;

public class OpenTelemetrySetupTests
{
    [Theory]
    [InlineData(null, null, false)]
    [InlineData("http://collector:4317", null, true)]
    [InlineData(null, "OTEL_EXPORTER_OTLP_ENDPOINT", true)]
    [InlineData(null, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true)]
    [InlineData(null, "OTEL_EXPORTER_OTLP_HEADERS", false)]
    [InlineData(null, "OTEL_SERVICE_NAME", false)]
    public void Otlp_is_on_when_an_endpoint_is_given_by_us_or_by_OpenTelemetry(string? endpoint, string? variable, bool isOn)
    {
        var environment = new Hashtable();
        if (variable is not null)
        {
            environment[variable] = "http://x:1";
        }

        Assert.Equal(isOn, OpenTelemetrySetup.IsOtlpOn(new TelemetryOptions { Otlp = new OtlpOptions { Endpoint = endpoint } }, environment));
    }

    [Fact]
    public void The_sdk_can_be_switched_off()
    {
        var environment = new Hashtable { ["OTEL_SDK_DISABLED"] = "true", ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://x:1" };

        Assert.False(OpenTelemetrySetup.IsOtlpOn(new TelemetryOptions(), environment));
    }
}
