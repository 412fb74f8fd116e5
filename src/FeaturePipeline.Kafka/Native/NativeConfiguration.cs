namespace FeaturePipeline.Kafka.Native;

/// <summary>rd_kafka_conf_t: lets librdkafka itself judge properties, and builds the handles that are ours.</summary>
internal static unsafe class NativeConfiguration
{
    // rd_kafka_conf_res_t
    private const int Unknown = -2;
    private const int Ok = 0;

    /// <summary>What librdkafka says against one property; null when nothing.</summary>
    /// <param name="name">The property.</param>
    /// <param name="value">Its value.</param>
    /// <param name="isKnown">Whether there is such a property.</param>
    internal static string? Check(string name, string value, out bool isKnown)
    {
        nint conf = Librdkafka.ConfNew();
        try
        {
            return Set(conf, name, value, out isKnown);
        }
        finally
        {
            Librdkafka.ConfDestroy(conf);
        }
    }

    /// <summary>Whether librdkafka has a property of this name.</summary>
    internal static bool Knows(string name)
    {
        _ = Check(name, "", out bool isKnown);
        return isKnown;
    }

    /// <summary>What librdkafka says against a set of properties when it makes a client of them, without a broker.</summary>
    internal static string? CheckTogether(IReadOnlyDictionary<string, string> properties, int type)
    {
        nint conf = Librdkafka.ConfNew();
        Librdkafka.ConfSetLogCallback(conf, null); // it would warn that there are no brokers
        foreach ((string name, string value) in properties)
        {
            if (Set(conf, name, value) is string error)
            {
                Librdkafka.ConfDestroy(conf);
                return error;
            }
        }

        nint client = Create(type, conf, out string? failure);
        if (client != 0)
        {
            Librdkafka.DestroyFlags(client, NativeConstants.DestroyWithoutClose);
        }

        return failure;
    }

    /// <summary>Sets one property; returns librdkafka's objection, or null.</summary>
    internal static string? Set(nint conf, string name, string value) => Set(conf, name, value, out _);

    private static string? Set(nint conf, string name, string value, out bool isKnown)
    {
        byte* error = stackalloc byte[NativeConstants.ErrorTextSize];
        int result = Librdkafka.ConfSet(conf, name, value, error, NativeConstants.ErrorTextSize);
        isKnown = result != Unknown;
        return result switch
        {
            Ok => null,
            Unknown => $"is not a property of librdkafka {Confluent.Kafka.Library.VersionString}. Check its spelling in librdkafka's CONFIGURATION.md.",
            _ => $"{NativeText.OfBuffer(new ReadOnlySpan<byte>(error, NativeConstants.ErrorTextSize)).TrimEnd('.')}.",
        };
    }

    /// <summary>Makes a client; the configuration is consumed or freed.</summary>
    /// <returns>rd_kafka_t*, or zero with <paramref name="failure"/>.</returns>
    internal static nint Create(int type, nint conf, out string? failure)
    {
        byte* error = stackalloc byte[NativeConstants.ErrorTextSize];
        nint client = Librdkafka.New(type, conf, error, NativeConstants.ErrorTextSize);
        failure = null;
        if (client == 0)
        {
            failure = NativeText.OfBuffer(new ReadOnlySpan<byte>(error, NativeConstants.ErrorTextSize));
            Librdkafka.ConfDestroy(conf); // still ours when rd_kafka_new failed
        }

        return client;
    }
}
