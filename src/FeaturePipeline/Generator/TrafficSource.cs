using System.Diagnostics;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Generator;

/// <summary>Sends generated events to a topic, keyed by user, at a rate or as fast as possible.</summary>
internal sealed class TrafficSource : IDisposable
{
    private const int Chunk = 512;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TrafficGenerator _generator;
    private readonly UserEventWriter _writer;
    private readonly IStreamsProducer _producer;
    private readonly string _topic;
    private long _firstMs = long.MaxValue;
    private long _lastMs = long.MinValue;

    /// <summary>Makes a source; nothing is sent yet.</summary>
    /// <param name="clients">Makes the producer.</param>
    /// <param name="topic">Topic to write; exists.</param>
    /// <param name="schemaId">Id of the UserEvent schema.</param>
    /// <param name="traffic">What traffic.</param>
    public TrafficSource(IStreamsClients clients, string topic, int schemaId, TrafficOptions traffic)
    {
        _topic = topic;
        _generator = new TrafficGenerator(traffic);
        _writer = new UserEventWriter(UserEventSchema.Schema, schemaId);
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
    public static async Task<int> RegisterAsync(ISchemaRegistry registry, string topic, CancellationToken cancel) =>
        (await registry.RegisterAsync($"{topic}-value", new SchemaDefinition(UserEventSchema.Json), cancellationToken: cancel)).Id;

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

    /// <summary>Sends events until there are enough, then waits for every acknowledgement.</summary>
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

    public void Dispose() => _producer.Dispose();

    private void SendOne()
    {
        GeneratedEvent generated = _generator.Next();
        _writer.Write(generated);
        _firstMs = Math.Min(_firstMs, generated.TimestampMs);
        _lastMs = Math.Max(_lastMs, generated.TimestampMs);
        _producer.Send(_topic, -1, _writer.Key, _writer.Value, generated.TimestampMs);
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
