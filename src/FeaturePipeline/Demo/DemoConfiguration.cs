namespace FeaturePipeline.Demo;

/// <summary>The demo's own settings, in the place of appsettings.json: everything in this process, short gaps.</summary>
internal static class DemoConfiguration
{
    /// <summary>Partitions of every topic.</summary>
    public const int Partitions = 4;

    /// <summary>Settings below --config and --set.</summary>
    /// <param name="stateDirectory">A directory of the demo's own.</param>
    public static IReadOnlyDictionary<string, string?> Values(string stateDirectory)
    {
        const string features = "FeatureViews:user_sessions:Features:";
        return new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Kafka:BootstrapServers"] = "embedded",
            ["Kafka:ApplicationId"] = "demo",
            ["SchemaRegistry:Url"] = "mock://demo",
            // Event time runs faster than the wall clock here.
            ["Source:MaxFutureSkew"] = "0",
            ["Source:IdleAfter"] = "0",
            ["Streams:ProcessingGuarantee"] = "AtLeastOnce",
            ["Streams:StateDirectory"] = stateDirectory,
            ["Management:Address"] = "localhost",
            ["FeatureViews:user_sessions:Topic"] = "user-session-features",
            ["FeatureViews:user_sessions:Entity"] = "user_id",
            ["FeatureViews:user_sessions:Window:Type"] = "Session",
            ["FeatureViews:user_sessions:Window:Gap"] = "30s",
            ["FeatureViews:user_sessions:Window:Grace"] = "5s",
            [features + "event_count:Function"] = "count",
            [features + "purchases:Function"] = "count",
            [features + "purchases:Where"] = "event_type == 'purchase'",
            [features + "event_types:Function"] = "count_distinct",
            [features + "event_types:Of"] = "event_type",
            [features + "entry_event:Function"] = "first",
            [features + "entry_event:Of"] = "event_type",
            [features + "exit_event:Function"] = "last",
            [features + "exit_event:Of"] = "event_type",
            [features + "duration:Function"] = "session_duration",
            [features + "purchase_rate:Function"] = "ratio",
            [features + "purchase_rate:Of"] = "purchases",
            [features + "purchase_rate:To"] = "event_count",
        };
    }
}
