using System.Collections;
using FeaturePipeline.Configuration;
using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Tests.Program.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("configuration-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Later_sources_win_environment_file_then_config_files_in_order_then_set()
    {
        Write("appsettings.json", """{ "Kafka": { "ApplicationId": "1" }, "Source": { "Topic": "1" }, "Late": { "Topic": "1" }, "DeadLetter": { "Topic": "1" }, "Streams": { "InstanceId": "1" } }""");
        Write("appsettings.Staging.json", """{ "Source": { "Topic": "2" }, "Late": { "Topic": "2" }, "DeadLetter": { "Topic": "2" }, "Streams": { "InstanceId": "2" } }""");
        string first = Write("first.json", """{ "Late": { "Topic": "3" }, "DeadLetter": { "Topic": "3" }, "Streams": { "InstanceId": "3" } }""");
        string second = Write("second.json", """{ "DeadLetter": { "Topic": "4" }, "Streams": { "InstanceId": "4" } }""");

        IConfigurationRoot configuration = ConfigurationLoader.Load(
            new ConfigurationSources("Staging", [first, second], ["Streams:InstanceId=5", "streams:instanceid=6"]), Of(("FeatureNamespace", "0"), ("Kafka:ApplicationId", "0")), _root.FullName);

        Assert.Equal(
            ["0", "1", "2", "3", "4", "6"],
            [
                configuration["FeatureNamespace"]!, configuration["Kafka:ApplicationId"]!, configuration["Source:Topic"]!, configuration["Late:Topic"]!,
                configuration["DeadLetter:Topic"]!, configuration["Streams:InstanceId"]!,
            ]);
    }

    [Fact]
    public void Settings_files_may_hold_comments_and_trailing_commas()
    {
        Write("appsettings.json", """
            { // the broker
              "Kafka": { "ApplicationId": "app", },
            }
            """);

        Assert.Equal("app", ConfigurationLoader.Load(ConfigurationSources.None, contentRoot: _root.FullName)["Kafka:ApplicationId"]);
    }

    [Fact]
    public void Broken_files_missing_files_and_malformed_settings_are_reported_together()
    {
        Write("appsettings.json", "{ \"Kafka\": ");

        var e = Assert.Throws<ConfigurationMistakesException>(() =>
            ConfigurationLoader.Load(new ConfigurationSources(null, ["nowhere.json"], ["Threads"]), contentRoot: _root.FullName));

        Assert.Equal(3, e.Mistakes.Count);
        Assert.All(e.Mistakes, mistake => Assert.DoesNotContain('\n', mistake.ToString()));
    }

    [Fact]
    public void Of_the_environment_only_variables_that_name_a_section_or_nearly_so_are_taken()
    {
        var variables = new Hashtable(StringComparer.Ordinal)
        {
            ["PATH"] = "/bin",
            ["Kafka__Client__sasl.password"] = "x",
            ["KAFKA__APPLICATIONID"] = "y",
            ["Streems__Threads"] = "2",
            ["FeatureNamespace"] = "com.x",
            ["npm__config__cache"] = "z",
            ["SOURCE"] = "no section",
        };

        Assert.Equal(
            ["FeatureNamespace", "KAFKA:APPLICATIONID", "Kafka:Client:sasl.password", "Streems:Threads"],
            ConfigurationLoader.OurVariables(variables).Select(pair => pair.Key).Order(StringComparer.Ordinal));
    }

    private string Write(string name, string json)
    {
        string path = Path.Combine(_root.FullName, name);
        File.WriteAllText(path, json);
        return path;
    }

    private static Dictionary<string, string?> Of(params (string Key, string? Value)[] settings) => settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
}
