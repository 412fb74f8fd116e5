using System.Diagnostics;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Generator;

/// <summary>Sends events to a topic, keyed, at a rate or as fast as possible.</summary>
internal sealed class TrafficSource : IDisposable
{
    private const int Chunk = 512;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly EventSupply _supply;
    private readonly IStreamsProducer _producer;
    private readonly string _topic;
    private long _firstMs = long.MaxValue;
    private long _lastMs = long.MinValue;

    /// <summary>Makes a source; nothing is sent yet.</summary>
    /// <param name="clients">Makes the producer.</param>
    /// <param name="topic">Topic to write; exists.</param>
    /// <param name="supply">The events; disposed of with this.</param>
    public TrafficSource(IStreamsClients clients, string topic, EventSupply supply)
    {
        _topic = topic;
        _supply = supply;
        _producer = clients.CreateProducer("feature-pipeline-produce", transactionalId: null);
    }

    /// <summary>Events sent so far; may be read by any thread.</summary>
    public long Sent { get; private set; }

    /// <summary>Smallest event time sent.</summary>
    public DateTimeOffset FirstTime => Sent == 0 ? default : DateTimeOffset.FromUnixTimeMilliseconds(_firstMs);

    /// <summary>Largest event time sent.</summary>
    public DateTimeOffset LastTime => Sent == 0 ? default : DateTimeOffset.FromUnixTimeMilliseconds(_lastMs);

    /// <summary>Registers the schema of the events.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The schema's id.</returns>
    public static Task<int> RegisterAsync(ISchemaRegistryClient registry, string topic, CancellationToken cancel) =>
        RegisterAsync(registry, topic, UserEventSchema.Json, cancel);

    /// <summary>Registers a schema of events.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="schema">The schema's text.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The schema's id.</returns>
    public static Task<int> RegisterAsync(ISchemaRegistryClient registry, string topic, string schema, CancellationToken cancel) =>
        registry.RegisterSchemaAsync($"{topic}-value", new Schema(schema, SchemaType.Avro)).WaitAsync(cancel);

    /// <summary>Creates the topic if it does not exist.</summary>
    /// <param name="clients">Makes the admin client.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partitions">Number of partitions if it is created.</param>
    /// <param name="replicationFactor">Replicas if it is created; -1 for the broker's default.</param>
    public static void CreateTopic(IStreamsClients clients, string topic, int partitions, short replicationFactor)
    {
        using IAdmin admin = clients.CreateAdmin();
        admin.CreateMissingTopics([new TopicSpec(topic, partitions, replicationFactor, new Dictionary<string, string>())], TimeSpan.FromSeconds(30));
    }

    /// <summary>Sends events until there are enough or no more, then waits for every acknowledgement.</summary>
    /// <param name="count">How many; null for no end.</param>
    /// <param name="rate">Events a second; null for as fast as possible.</param>
    /// <param name="progress">Called now and then with the number sent.</param>
    /// <param name="stop">Ends it early.</param>
    public void Run(long? count, double? rate, Action<long> progress, CancellationToken stop)
    {
        long startedAt = Stopwatch.GetTimestamp();
        long most = count ?? long.MaxValue;
        while (Sent < most && !stop.IsCancellationRequested)
        {
            long due = rate is { } perSecond ? Math.Min(most, (long)(Stopwatch.GetElapsedTime(startedAt).TotalSeconds * perSecond)) : most;
            long end = Math.Min(due, Sent + Chunk);
            while (Sent < end)
            {
                if (!_supply.MoveNext())
                {
                    most = Sent;
                    break;
                }

                SendOne();
            }

            if (Sent >= due && Sent < most)
            {
                _ = stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(5));
            }

            progress(Sent);
        }

        Flush();
    }

    public void Dispose()
    {
        _producer.Dispose();
        _supply.Dispose();
    }

    private void SendOne()
    {
        _firstMs = Math.Min(_firstMs, _supply.TimestampMs);
        _lastMs = Math.Max(_lastMs, _supply.TimestampMs);
        _producer.Send(_topic, -1, _supply.Key, _supply.Value, _supply.TimestampMs, _supply.HasKey ? SendFlags.None : SendFlags.NullKey);
        Sent++;
    }

    private void Flush()
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                _producer.Flush(TimeSpan.FromSeconds(10));
                return;
            }
            catch (RetriableException) when (Stopwatch.GetElapsedTime(startedAt) < s_patience)
            {
                // The broker is away; librdkafka keeps trying, and gives a record up by itself in the end.
            }
        }
    }
}
