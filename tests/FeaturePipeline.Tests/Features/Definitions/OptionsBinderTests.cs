using System.ComponentModel.DataAnnotations;
using System.Text;
using FeaturePipeline.Features.Definitions;
using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Tests.Features.Definitions;

public sealed class OptionsBinderTests
{
    private sealed class Sample
    {
        public string? Name { get; init; } = "default";

        [Range(1, 10)]
        public int Threads { get; init; } = 1;

        public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

        public TimeSpan? Maybe { get; init; }

        public bool On { get; init; }

        public EmitMode Mode { get; init; }

        public Nested Inner { get; init; } = new();

        public Dictionary<string, string> Raw { get; init; } = [];
    }

    private sealed class Nested
    {
        public long Size { get; init; }
    }

    private static (Sample Options, List<string> Mistakes) Bind(string json, params (string Key, string Value)[] overrides)
    {
        IConfigurationRoot root = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)))
            .AddInMemoryCollection(overrides.Select(o => KeyValuePair.Create(o.Key, (string?)o.Value)))
            .Build();
        var mistakes = new List<ConfigurationMistake>();
        Sample options = OptionsBinder.Bind<Sample>(root.GetSection("S"), mistakes);
        return (options, mistakes.ConvertAll(m => m.ToString()));
    }

    [Fact]
    public void Every_kind_of_property_is_bound()
    {
        (Sample options, List<string> mistakes) = Bind(
            """{"S":{"name":"n","Threads":3,"Timeout":"250ms","Maybe":"00:01:00","On":true,"Mode":"onupdate","Inner":{"Size":9},"Raw":{"linger.ms":"5"}}}""");
        Assert.Empty(mistakes);
        Assert.Equal(
            ("n", 3, TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(1), true, EmitMode.OnUpdate, 9L, "5"),
            (options.Name, options.Threads, options.Timeout, options.Maybe!.Value, options.On, options.Mode, options.Inner.Size, options.Raw["linger.ms"]));
    }

    [Theory]
    [InlineData("""{"S":{"Name":null,"Timeout":null,"Inner":{},"Raw":{}}}""")]
    [InlineData("""{"S":{"Name":"","Inner":null}}""")]
    [InlineData("{}")]
    public void Null_empty_and_absent_leave_the_default(string json)
    {
        (Sample options, List<string> mistakes) = Bind(json);
        Assert.Empty(mistakes);
        Assert.Equal(("default", TimeSpan.FromSeconds(30)), (options.Name, options.Timeout));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_with_full_key_value_and_what_is_allowed()
    {
        (_, List<string> mistakes) = Bind(
            """{"S":{"Thraeds":2,"Threads":"x","Timeout":"30","On":"yes","Mode":"OnClosed","Inner":{"Sise":1,"Size":"big"},"Name":["a"],"Raw":"r"}}""");
        Assert.Equal(
            [
                "S:Inner:Sise: unknown key; did you mean 'Size'?",
                "S:Inner:Size = 'big': allowed: a whole number",
                "S:Mode = 'OnClosed': allowed: OnClose, OnUpdate, OnUpdateAndClose, OnEveryUpdate",
                "S:Name: a single value is expected here, not a section or a list",
                "S:On = 'yes': allowed: true, false",
                "S:Raw: a section is expected here, not a single value",
                "S:Thraeds: unknown key; did you mean 'Threads'?",
                "S:Threads = 'x': allowed: a whole number",
                $"S:Timeout = '30': allowed: {Durations.Allowed}",
            ],
            mistakes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Data_annotations_are_checked_with_the_full_key() =>
        Assert.Equal(["S:Threads = '11': The field Threads must be between 1 and 10."], Bind("""{"S":{"Threads":11}}""").Mistakes);

    [Fact]
    public void An_enum_is_one_name_and_not_a_number() =>
        Assert.Single(Bind("""{"S":{"Mode":"1"}}""").Mistakes);

    [Fact]
    public void The_value_of_an_unknown_key_is_not_printed_because_it_may_be_a_secret() =>
        Assert.DoesNotContain("hunter2", Assert.Single(Bind("""{"S":{"Pasword":"hunter2"}}""").Mistakes), StringComparison.Ordinal);

    [Fact]
    public void A_later_source_overrides_one_value_whatever_its_case() =>
        Assert.Equal(TimeSpan.FromSeconds(5), Bind("""{"S":{"Timeout":"1s"}}""", ("s:TIMEOUT", "5s")).Options.Timeout);

    [Fact]
    public void Views_are_bound_by_name()
    {
        IConfigurationRoot root = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["FeatureViews:a:Window:Gap"] = "10m",
            ["FeatureViews:a:Features:n:Function"] = "count",
            ["FeatureViews:b:Enabled"] = "false",
            ["FeatureViews:b:Featurs:n:Function"] = "count",
        }).Build();
        var mistakes = new List<ConfigurationMistake>();
        IReadOnlyDictionary<string, FeatureViewOptions> views = FeatureViewOptions.Bind(root, mistakes);
        Assert.Equal("FeatureViews:b:Featurs: unknown key; did you mean 'Features'?", Assert.Single(mistakes).ToString());
        Assert.Equal((TimeSpan.FromMinutes(10), "count", false), (views["a"].Window.Gap!.Value, views["a"].Features["n"].Function, views["b"].Enabled));
    }

    [Fact]
    public void Names_keep_the_case_of_the_file_whatever_the_case_of_an_override()
    {
        const string Json = """{"FeatureViews":{"my_view":{"Window":{"Gap":"30m"},"Features":{"theCount":{"Function":"count"}}}}}""";
        IConfigurationRoot root = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Json)))
            .AddInMemoryCollection([
                KeyValuePair.Create("FEATUREVIEWS:MY_VIEW:WINDOW:GAP", (string?)"10m"),
                KeyValuePair.Create("FEATUREVIEWS:MY_VIEW:FEATURES:THECOUNT:WHERE", (string?)"true"),
            ])
            .Build();
        KeyValuePair<string, FeatureViewOptions> view = Assert.Single(FeatureViewOptions.Bind(root, []));
        Assert.Equal(("my_view", TimeSpan.FromMinutes(10)), (view.Key, view.Value.Window.Gap!.Value));
        KeyValuePair<string, FeatureOptions> feature = Assert.Single(view.Value.Features);
        Assert.Equal(("theCount", "count", "true"), (feature.Key, feature.Value.Function, feature.Value.Where));
    }
}
