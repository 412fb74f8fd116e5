using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Kafka.Native;

/// <summary>Owns one librdkafka producer and what its callbacks tell.</summary>
/// <remarks>
/// Delivery and error callbacks run inside rd_kafka_poll and rd_kafka_flush on the caller's thread; logs come from any thread. What is thrown
/// in one would end the process, so the last two, which call others, drop it, as Confluent.Kafka does.
/// </remarks>
internal sealed unsafe class NativeProducer : IDisposable
{
    private readonly string _clientId;
    private readonly ClientErrors _errors;
    private readonly Action<LogMessage> _log;
    private GCHandle _self;
    private long _failures;
    private (ErrorCode Code, string Text) _firstFailure;

    internal NativeProducer(IReadOnlyDictionary<string, string> properties, ClientErrors errors, Action<LogMessage> log)
    {
        _clientId = properties["client.id"];
        _errors = errors;
        _log = log;
        _self = GCHandle.Alloc(this);
        nint conf = Librdkafka.ConfNew();
        foreach ((string name, string value) in properties)
        {
            if (NativeConfiguration.Set(conf, name, value) is string error)
            {
                Librdkafka.ConfDestroy(conf);
                _self.Free();
                throw new StreamsException($"Kafka:Producer:{name} {error}");
            }
        }

        Librdkafka.ConfSetOpaque(conf, GCHandle.ToIntPtr(_self));
        Librdkafka.ConfSetDeliveryCallback(conf, &OnDelivery);
        Librdkafka.ConfSetErrorCallback(conf, &OnError);
        Librdkafka.ConfSetLogCallback(conf, &OnLog);
        Client = NativeConfiguration.Create(NativeConstants.Producer, conf, out string? failure);
        if (Client == 0)
        {
            _self.Free();
            throw new StreamsException($"{_clientId}: the producer can't be made: {failure} Check the settings under Kafka:Client and Kafka:Producer.");
        }
    }

    /// <summary>rd_kafka_t*; zero after Dispose.</summary>
    internal nint Client { get; private set; }

    /// <summary>Drops what is not sent and frees the client; waits for its threads.</summary>
    public void Dispose()
    {
        if (Client == 0)
        {
            return;
        }

        _ = Librdkafka.Purge(Client, NativeConstants.PurgeEverything); // or the destruction would wait for the broker
        Librdkafka.Destroy(Client);
        Client = 0;
        _self.Free();
    }

    /// <summary>Forgets failures of records that have been rolled back.</summary>
    internal void ForgetFailures()
    {
        _failures = 0;
        _firstFailure = default;
    }

    /// <summary>Tells of records refused since the last call: how many, and why the first one was.</summary>
    internal (long Count, ErrorCode Code, string Text) TakeFailures()
    {
        (long, ErrorCode, string) failures = (_failures, _firstFailure.Code, _firstFailure.Text);
        ForgetFailures();
        return failures;
    }

    private static NativeProducer? Of(nint opaque) => opaque == 0 ? null : GCHandle.FromIntPtr(opaque).Target as NativeProducer;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDelivery(nint client, NativeMessage* message, nint opaque)
    {
        if (message->Error == 0 || Of(opaque) is not NativeProducer self)
        {
            return;
        }

        if (self._failures++ == 0)
        {
            string topic = NativeText.Read(Librdkafka.TopicName(message->Topic));
            self._firstFailure = ((ErrorCode)message->Error,
                $"{NativeText.OfError(message->Error).TrimEnd('.')} (topic '{topic}', partition {message->Partition})");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, int code, byte* reason, nint opaque)
    {
        try
        {
            if (Of(opaque) is NativeProducer self)
            {
                self._errors.Report(self._clientId, (ErrorCode)code, NativeText.Read(reason));
            }
        }
        catch (Exception)
        {
            // Whoever listens can't be told that listening failed.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, int level, byte* facility, byte* text)
    {
        try
        {
            if (client != 0 && Of(Librdkafka.Opaque(client)) is NativeProducer self)
            {
                self._log(new LogMessage(self._clientId, (SyslogLevel)level, NativeText.Read(facility), NativeText.Read(text)));
            }
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
