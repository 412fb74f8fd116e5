using System.Text;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Tests.Features.Definitions;

public sealed class FeatureViewCompilerTests
{
    /// <summary>The contract's example view, without the feature that needs maps.</summary>
    internal const string UserSessions =
        """
        {
          "user_sessions": {
            "Topic": "user-session-features", "RecordName": null, "Entity": "user_id",
            "Window": { "Type": "Session", "Gap": "30m", "Grace": "5m", "SplitOn": null, "MaxLength": null },
            "Emit": "OnClose", "Where": null,
            "Features": {
              "event_count":   { "Function": "count" },
              "purchases":     { "Function": "count", "Where": "event_type == 'purchase'" },
              "event_types":   { "Function": "count_distinct", "Of": "event_type" },
              "entry_event":   { "Function": "first", "Of": "event_type" },
              "duration":      { "Function": "session_duration" },
              "purchase_rate": { "Function": "ratio", "Of": "purchases", "To": "event_count" }
            }
          }
        }
        """;

    private static readonly AvroSchema WideSchema = AvroSchema.Parse(
        """
        {"type":"record","name":"Wide","fields":[
          {"name":"user_id","type":"string"},
          {"name":"timestamp","type":"long"},
          {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
          {"name":"day","type":{"type":"int","logicalType":"date"}},
          {"name":"event_type","type":"string"},
          {"name":"amount","type":["null","double"],"default":null},
          {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
          {"name":"quantity","type":"int"},
          {"name":"flag","type":["null","boolean"],"default":null},
          {"name":"page","type":{"type":"record","name":"Page","fields":[{"name":"url","type":"string"}]}}]}
        """);

    internal static (FeaturePlan? Plan, List<string> Mistakes) Compile(
        string viewsJson, AvroSchema? schema = null, string keyedBy = "user_id", string timestampField = "timestamp")
    {
        IConfigurationRoot root = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes($$$"""{"FeatureViews":{{{viewsJson}}}}""")))
            .Build();
        var mistakes = new List<ConfigurationMistake>();
        IReadOnlyDictionary<string, FeatureViewOptions> views = FeatureViewOptions.Bind(root, mistakes);
        var source = new FeatureSource { Topic = "user-events", Schema = schema ?? UserEventSchema.Schema, KeyedBy = keyedBy, TimestampField = timestampField };
        FeaturePlan? plan = FeatureViewCompiler.Compile(views, source, mistakes);
        return (plan, mistakes.ConvertAll(m => m.ToString()));
    }

    internal static FeaturePlan Plan(string viewsJson, AvroSchema? schema = null)
    {
        (FeaturePlan? plan, List<string> mistakes) = Compile(viewsJson, schema);
        Assert.Empty(mistakes);
        return plan!;
    }

    private static string View(string features, string more = "") =>
        $$$"""{"v":{"Entity":"user_id","Window":{"Type":"Session"}{{{more}}},"Features":{{{features}}}}}""";

    private static List<string> MistakesOf(string feature) =>
        Compile(View($$$"""{"n":{"Function":"count"},"f":{{{feature}}}}"""), WideSchema).Mistakes;

    [Fact]
    public void The_record_of_the_contracts_view_is_exactly_this()
    {
        const string Golden =
            """
            {
              "type": "record", "name": "UserSessions", "namespace": "com.company.features",
              "doc": "Features of user_id by session: gap 30m, grace 5m; emitted OnClose.",
              "fields": [
                { "name": "user_id", "type": "string", "doc": "Entity: the user event's field of this name." },
                { "name": "event_timestamp", "type": { "type": "long", "logicalType": "timestamp-millis" }, "doc": "Event time of the features: the end of the session." },
                { "name": "created_timestamp", "type": { "type": "long", "logicalType": "timestamp-millis" }, "doc": "Wall-clock time at which the record was made." },
                { "name": "window_start", "type": { "type": "long", "logicalType": "timestamp-millis" }, "doc": "Time of the session's first event." },
                { "name": "window_end", "type": { "type": "long", "logicalType": "timestamp-millis" }, "doc": "Time of the session's last event." },
                { "name": "duration", "type": ["null", "long"], "doc": "session_duration", "default": null },
                { "name": "entry_event", "type": ["null", "string"], "doc": "first of event_type", "default": null },
                { "name": "event_count", "type": "long", "doc": "count", "default": 0 },
                { "name": "event_types", "type": "long", "doc": "count_distinct of event_type", "default": 0 },
                { "name": "purchase_rate", "type": ["null", "double"], "doc": "ratio of purchases to event_count", "default": null },
                { "name": "purchases", "type": "long", "doc": "count where event_type == 'purchase'", "default": 0 }
              ]
            }
            """;
        FeatureView view = Assert.Single(Plan(UserSessions).Views);
        Assert.Equal(("user-session-features", "user-session-features-value"), (view.Topic, view.Subject));
        Assert.Equal(JsonNode.Parse(Golden)!.ToJsonString(), JsonNode.Parse(view.RecordSchema.ToString())!.ToJsonString());
    }

    [Fact]
    public void Only_what_some_feature_reads_is_decoded_keyed_field_and_timestamp_first() =>
        Assert.Equal(["user_id", "timestamp", "event_type"], Plan(UserSessions).Fields.Select(f => f.Path));

    [Fact]
    public void Topic_and_record_name_come_from_the_views_name_unless_given()
    {
        FeatureView view = Plan("""{"my_views":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"n":{"Function":"count"}}}}""").Views[0];
        Assert.Equal(("my-views", "com.company.features.MyViews"), (view.Topic, view.RecordName));
        Assert.Equal((TimeSpan.FromMinutes(30), TimeSpan.Zero), (view.Gap, view.Grace));
    }

    [Fact]
    public void Views_and_features_that_are_not_enabled_are_left_out_unchecked()
    {
        FeaturePlan plan = Plan(
            """
            {"a":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"n":{"Function":"count"},"m":{"Function":"nonsense","Enabled":false}}},
             "b":{"Enabled":false,"Window":{"Type":"Rolling"}}}
            """);
        Assert.Equal("n", Assert.Single(Assert.Single(plan.Views).Features).Name);
    }

    [Theory]
    [InlineData("""{"Function":"sum","Of":"quantity"}""", FieldKind.Long, null)]
    [InlineData("""{"Function":"sum","Of":"amount"}""", FieldKind.Double, null)]
    [InlineData("""{"Function":"mean","Of":"quantity"}""", FieldKind.Double, null)]
    [InlineData("""{"Function":"max","Of":"micros"}""", FieldKind.Long, "timestamp-micros")]
    [InlineData("""{"Function":"last","Of":"day"}""", FieldKind.Long, "date")]
    [InlineData("""{"Function":"first","Of":"flag"}""", FieldKind.Boolean, null)]
    [InlineData("""{"Function":"last","Of":"page.url"}""", FieldKind.String, null)]
    [InlineData("""{"Function":"sum","Of":"quantity * 2.5"}""", FieldKind.Double, null)]
    [InlineData("""{"Function":"max","Of":"size(event_type)"}""", FieldKind.Long, null)]
    [InlineData("""{"Function":"difference","Of":"g","To":"g"}""", FieldKind.Long, null)]
    [InlineData("""{"Function":"difference","Of":"g","To":"h"}""", FieldKind.Double, null)]
    public void A_feature_has_the_type_of_what_it_aggregates(string feature, FieldKind kind, string? logicalType)
    {
        FeatureView view = Plan(View($$$"""{"f":{{{feature}}},"g":{"Function":"count"},"h":{"Function":"mean","Of":"quantity"}}"""), WideSchema).Views[0];
        Assert.Equal((kind, logicalType), (view.Features[0].Kind, view.Features[0].LogicalType));
        Assert.NotNull(view.RecordSchema);
    }

    [Theory]
    [InlineData("""{"Function":"cuont"}""", "FeatureViews:v:Features:f:Function = 'cuont': unknown function; did you mean 'count'?")]
    [InlineData("""{"Of":"amount"}""", "FeatureViews:v:Features:f:Function: missing; allowed: count,")]
    [InlineData("""{"Function":"top_k","Of":"event_type"}""", "FeatureViews:v:Features:f:Function = 'top_k': not in this version; allowed: count,")]
    [InlineData("""{"Function":"sum"}""", "FeatureViews:v:Features:f:Of: missing; 'sum' needs a field or an expression")]
    [InlineData("""{"Function":"sum","Of":"event_type"}""", "FeatureViews:v:Features:f:Of = 'event_type': 'sum' needs a number; this is string")]
    [InlineData("""{"Function":"first","Of":"price"}""", "FeatureViews:v:Features:f:Of = 'price': 'first' of a decimal is not in this version")]
    [InlineData("""{"Function":"sum","Of":"ammount"}""", "FeatureViews:v:Features:f:Of = 'ammount': at position 1: Field 'ammount': record Wide has no field 'ammount'. Did you mean 'amount'?")]
    [InlineData("""{"Function":"count","Where":"quantity == 'x'"}""", "FeatureViews:v:Features:f:Where = 'quantity == 'x'': at position 10: long and string can't be compared")]
    [InlineData("""{"Function":"count","Where":"quantity"}""", "FeatureViews:v:Features:f:Where = 'quantity': at position 1: a filter is boolean, this is long")]
    [InlineData("""{"Function":"ratio","Of":"m","To":"n"}""", "FeatureViews:v:Features:f:Of = 'm': the view has no such feature; did you mean 'n'?")]
    [InlineData("""{"Function":"ratio","Of":"n"}""", "FeatureViews:v:Features:f:To: missing; 'ratio' needs another feature of this view")]
    [InlineData("""{"Function":"ratio","Of":"f","To":"n"}""", "FeatureViews:v:Features:f:Of = 'f': a ratio or difference of such is not in this version")]
    [InlineData("""{"Function":"session_duration","Of":"amount"}""", "FeatureViews:v:Features:f:Of = 'amount': 'session_duration' has none")]
    [InlineData("""{"Function":"count","To":"n"}""", "FeatureViews:v:Features:f:To = 'n': 'count' has none; it belongs to ratio and difference")]
    [InlineData("""{"Function":"count","BucketBy":"event_type"}""", "FeatureViews:v:Features:f:BucketBy = 'event_type': maps are not in this version")]
    public void A_mistake_in_a_feature_is_named_with_its_key_and_the_remedy(string feature, string expected) =>
        Assert.StartsWith(expected, Assert.Single(MistakesOf(feature)), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"v":{"Window":{"Type":"Session"},"Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Entity: missing; the entity is the field that the features describe, here 'user_id'")]
    [InlineData("""{"v":{"Entity":"event_type","Window":{"Type":"Session"},"Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Entity = 'event_type': an entity other than Source:KeyedBy needs a repartition topic, which is not in this version; 'user_id' works")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Rolling"},"Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Window:Type = 'Rolling': not in this version; Session works")]
    [InlineData("""{"v":{"Entity":"user_id","Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Window:Type: missing; Session works")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session","Size":"1h"},"Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Window:Size = '1h': a session window has none; it has Gap and Grace")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session","SplitOn":"x"},"Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Window:SplitOn = 'x': not in this version")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Emit":"OnUpdate","Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Emit = 'OnUpdate': not in this version; OnClose works")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{}}}""", "FeatureViews:v:Features: no feature is enabled")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"user_id":{"Function":"count"}}}}""", "FeatureViews:v:Features:user_id: the name is taken")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Features":{"a-b":{"Function":"count"}}}}""", "FeatureViews:v:Features:a-b: a feature's name is letters")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"Topic":"user-events","Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:Topic = 'user-events': that is the source topic")]
    [InlineData("""{"v":{"Entity":"user_id","Window":{"Type":"Session"},"RecordName":"a.1b","Features":{"n":{"Function":"count"}}}}""", "FeatureViews:v:RecordName = 'a.1b': allowed: a full Avro name")]
    [InlineData("{}", "FeatureViews: no view is enabled")]
    public void A_mistake_in_a_view_is_named_with_its_key_and_the_remedy(string views, string expected) =>
        Assert.StartsWith(expected, Assert.Single(Compile(views).Mistakes), StringComparison.Ordinal);

    [Theory]
    [InlineData("usr_id", "timestamp", "Source:KeyedBy = 'usr_id': Field 'usr_id': record com.company.events.UserEvent has no field 'usr_id'. Did you mean 'user_id'?")]
    [InlineData("user_id", "timestmp", "Source:TimestampField = 'timestmp': Field 'timestmp'")]
    [InlineData("user_id", "event_type", "Source:TimestampField = 'event_type': a timestamp is a long of milliseconds, or of a timestamp's logical type; this is string")]
    public void A_mistake_in_the_source_is_named(string keyedBy, string timestampField, string expected) =>
        Assert.Contains(Compile(UserSessions, null, keyedBy, timestampField).Mistakes, m => m.StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void A_wrong_keyed_field_is_one_mistake_and_not_one_for_each_view() =>
        Assert.Single(Compile(UserSessions, keyedBy: "usr_id").Mistakes);

    [Fact]
    public void All_mistakes_of_all_views_are_reported_at_once()
    {
        List<string> mistakes = Compile(
            """
            {"a":{"Entity":"user_id","Window":{"Type":"Session"},"Topic":"t","Where":"nope","Features":{"x":{"Function":"sum"},"y":{"Function":"nope"}}},
             "b":{"Entity":"user_id","Window":{"Type":"Tumbling"},"Features":{"n":{"Function":"count"}}},
             "c":{"Entity":"user_id","Window":{"Type":"Session"},"Topic":"u","Features":{"n":{"Function":"count"}}},
             "d":{"Entity":"user_id","Window":{"Type":"Session"},"Topic":"u","Features":{"n":{"Function":"count"}}}}
            """).Mistakes;
        Assert.Equal(
            ["FeatureViews:a:Where", "FeatureViews:a:Features:x:Of", "FeatureViews:a:Features:y:Function", "FeatureViews:b:Window:Type", "FeatureViews:d:Topic"],
            mistakes.ConvertAll(m => m.Split(' ')[0].TrimEnd(':')));
    }

    [Fact]
    public void The_layout_changes_when_what_is_aggregated_changes_and_only_then()
    {
        uint Hash(string json) => Plan(json).Views[0].LayoutHash;
        uint hash = Hash(UserSessions);
        Assert.Equal(hash, Hash(UserSessions.Replace("30m", "40m", StringComparison.Ordinal)));
        Assert.NotEqual(hash, Hash(UserSessions.Replace("'purchase'", "'refund'", StringComparison.Ordinal)));
        Assert.NotEqual(hash, Hash(UserSessions.Replace("\"first\"", "\"last\"", StringComparison.Ordinal)));
    }
}
