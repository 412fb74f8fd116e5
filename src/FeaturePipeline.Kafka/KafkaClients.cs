using Confluent.Kafka;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Kafka;

/// <summary>The client ports on a Kafka cluster, or on the embedded broker.</summary>
public sealed partial class KafkaClients : IStreamsClients
{
    private readonly KafkaClientOptions _options;
    private readonly EmbeddedBroker? _embedded;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogLimiter _limiter;

    /// <summary>Makes clients of these options; nothing connects yet.</summary>
    /// <param name="options">Valid options (<see cref="KafkaClientOptions.Validate"/>).</param>
    /// <param name="time">Clock of waits and of <see cref="Errors"/>.</param>
    /// <param name="loggerFactory">Where librdkafka's own log lines go.</param>
    /// <exception cref="StreamsException">The options are not valid.</exception>
    public KafkaClients(KafkaClientOptions options, TimeProvider time, ILoggerFactory loggerFactory)
    {
        IReadOnlyList<KafkaOptionError> errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new StreamsException(string.Join(Environment.NewLine, errors.Select(static e => $"{e.Key} {e.Message}")));
        }

        _embedded = EmbeddedBroker.At(options.BootstrapServers);
        _options = _embedded is null ? options : options with { BootstrapServers = _embedded.BootstrapServers };
        _time = time;
        _logger = loggerFactory.CreateLogger("FeaturePipeline.Kafka.Librdkafka");
        _limiter = new LogLimiter(time, TimeSpan.FromSeconds(10));
        Errors = new ClientErrors(time);
    }

    /// <summary>What is wrong with the cluster right now, for the health check and metrics.</summary>
    public ClientErrors Errors { get; }

    /// <summary>Whether these clients talk to the in-process broker.</summary>
    public bool IsEmbedded => _embedded is not null;

    /// <inheritdoc/>
    public IStreamsConsumer CreateConsumer(string clientId) => Consumer(clientId, isMember: true);

    /// <inheritdoc/>
    public IStreamsConsumer CreateRestoreConsumer(string clientId) => Consumer(clientId, isMember: false);

    /// <inheritdoc/>
    /// <exception cref="StreamsException">The embedded broker was asked for transactions, or a setting is wrong.</exception>
    public IStreamsProducer CreateProducer(string clientId, string? transactionalId)
    {
        if (IsEmbedded && transactionalId is not null)
        {
            throw new StreamsException(
                "The embedded broker keeps no offsets of transactions. Set Streams:ProcessingGuarantee to AtLeastOnce, or "
                + "Kafka:BootstrapServers to a real broker.");
        }

        return new KafkaProducer(KafkaProperties.ForProducer(_options, clientId, transactionalId), Errors, _time, Log);
    }

    /// <inheritdoc/>
    public IAdmin CreateAdmin() =>
        new KafkaAdmin(KafkaProperties.ForAdmin(_options, $"{_options.ApplicationId}-admin"), _embedded, Errors, _time, Log);

    private KafkaConsumer Consumer(string clientId, bool isMember)
    {
        try
        {
            return new KafkaConsumer(KafkaProperties.ForConsumer(_options, clientId, isMember, IsEmbedded), Errors, _time, IsEmbedded, Log);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new StreamsException($"{clientId}: the consumer can't be made: {e.Message} Check the settings under Kafka:Client and Kafka:Consumer.", e);
        }
    }

    private void Log(LogMessage message)
    {
        LogLevel level = message.Level switch
        {
            SyslogLevel.Emergency or SyslogLevel.Alert or SyslogLevel.Critical => LogLevel.Critical,
            SyslogLevel.Error => LogLevel.Error,
            SyslogLevel.Warning => LogLevel.Warning,
            SyslogLevel.Notice or SyslogLevel.Info => LogLevel.Information,
            _ => LogLevel.Debug,
        };
        int leftOut = 0;
        if (level < LogLevel.Warning || _limiter.Pass(message.Facility, out leftOut))
        {
            LibrdkafkaLine(_logger, level, message.Name, message.Facility, leftOut == 0 ? message.Message : $"{message.Message} ({leftOut} more like it since the last line)");
        }
    }

    [LoggerMessage(EventId = 3001, EventName = "Librdkafka", Message = "{Client} {Facility}: {Text}")]
    private static partial void LibrdkafkaLine(ILogger logger, LogLevel level, string client, string facility, string text);
}
