using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Tasks;

namespace FeaturePipeline.Streams.Threads;

/// <summary>The consumer and producer of one stream thread: made, subscribed, given up, made again.</summary>
internal sealed class ThreadClients(
    string threadName, IReadOnlyCollection<string> sourceTopics, IStreamsClients clients, string? transactionalId,
    ThreadCounters counters) : IDisposable
{
    private static readonly TimeSpan InitTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The consumer; null before the first connection.</summary>
    public IStreamsConsumer? Consumer { get; private set; }

    /// <summary>The producing half; null while there is none.</summary>
    public RecordCollector? Collector { get; private set; }

    /// <summary>Whether the thread is, or is becoming, a member of the group.</summary>
    public bool IsSubscribed { get; private set; }

    /// <summary>Whether both clients exist.</summary>
    public bool IsConnected => Consumer is not null && Collector is not null;

    /// <summary>Makes the clients that are missing and joins the group.</summary>
    /// <param name="produced">Told of a new producer before the group is joined.</param>
    /// <param name="callbacks">Told of partitions.</param>
    /// <exception cref="Errors.RetriableException">The broker does not answer; call again later.</exception>
    public void Connect(Action<RecordCollector> produced, RebalanceCallbacks callbacks)
    {
        if (Collector is null)
        {
            Collector = CreateCollector();
            produced(Collector);
        }

        Consumer ??= clients.CreateConsumer($"{threadName}-consumer");
        Consumer.Subscribe(sourceTopics, callbacks);
        IsSubscribed = true;
    }

    /// <summary>Leaves the group and drops the producer: a fenced one is of no use, and the next one ends what it left open.</summary>
    public void Leave()
    {
        Collector?.Dispose();
        Collector = null;
        Consumer?.Unsubscribe();
        IsSubscribed = false;
    }

    /// <summary>Leaves the group for good; revoked partitions are reported before it returns.</summary>
    public void Close() => Consumer?.Close();

    /// <inheritdoc/>
    public void Dispose()
    {
        Collector?.Dispose();
        Collector = null;
        Consumer?.Dispose();
        Consumer = null;
        IsSubscribed = false;
    }

    private RecordCollector CreateCollector()
    {
        IStreamsProducer producer = clients.CreateProducer($"{threadName}-producer", transactionalId);
        try
        {
            if (transactionalId is not null)
            {
                producer.InitTransactions(InitTimeout);
            }

            return new RecordCollector(producer, transactionalId is not null, counters);
        }
        catch
        {
            producer.Dispose();
            throw;
        }
    }
}
