using FeaturePipeline.Kafka.Native;
using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Kafka;

/// <summary>A batch of librdkafka's messages, read where they lie; reused from poll to poll.</summary>
internal sealed unsafe class NativeBatch : RecordBatch
{
    private readonly NativeMessage*[] _messages;
    private readonly ConsumedRecord[] _records;
    private readonly TopicNames _topics;
    private readonly List<TopicPartitionOffset> _ends = [];
    private readonly List<int> _endIndexes = []; // number of records that stood before each end
    private int _messageCount;
    private int _recordCount;

    internal NativeBatch(TopicNames topics, int capacity)
    {
        _topics = topics;
        _messages = new NativeMessage*[capacity];
        _records = new ConsumedRecord[capacity];
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<ConsumedRecord> Records => new(_records, 0, _recordCount);

    /// <inheritdoc/>
    public override IReadOnlyList<TopicPartitionOffset> Ends => _ends;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordHeader> ReadHeaders(in ConsumedRecord record)
    {
        nint headers;
        if (!record.HasHeaders || Librdkafka.MessageHeaders((NativeMessage*)record.Handle, &headers) != 0)
        {
            return [];
        }

        var list = new List<RecordHeader>();
        for (nuint i = 0; Librdkafka.HeaderGetAll(headers, i, out nint name, out nint value, out nuint size) == 0; i++)
        {
            byte[]? bytes = value == 0 ? null : new ReadOnlySpan<byte>((void*)value, (int)size).ToArray();
            list.Add(new RecordHeader(NativeText.Read(name), bytes));
        }

        return list;
    }

    /// <summary>Takes what is in the queue; waits for the first message only.</summary>
    /// <param name="queue">rd_kafka_queue_t*.</param>
    /// <param name="timeoutMs">Longest wait for the first message, in ms.</param>
    /// <remarks>rd_kafka_consume_batch_queue waits until the batch is full or the time is up: hence the three steps.</remarks>
    internal void Receive(nint queue, int timeoutMs)
    {
        Consume(queue, 0, _messages.Length);
        if (_messageCount == 0 && timeoutMs > 0)
        {
            Consume(queue, timeoutMs, 1);
            if (_messageCount > 0)
            {
                Consume(queue, 0, _messages.Length - _messageCount);
            }
        }
    }

    /// <summary>Turns the messages received into records and ends.</summary>
    /// <param name="onError">Called for each error among the messages.</param>
    internal void Read(Action<int, string> onError)
    {
        for (int i = 0; i < _messageCount; i++)
        {
            NativeMessage* message = _messages[i];
            if (message->Error == 0)
            {
                _records[_recordCount++] = View(message);
            }
            else
            {
                ReadEvent(message, onError);
            }
        }

        if (_ends.Count > 0)
        {
            KeepLastEnds();
        }
    }

    /// <summary>Takes records of some partitions out again.</summary>
    /// <param name="isDropped">Which partitions.</param>
    /// <returns>The first offset dropped of each.</returns>
    internal Dictionary<TopicPartition, long> Drop(Predicate<TopicPartition> isDropped)
    {
        var first = new Dictionary<TopicPartition, long>();
        int kept = 0;
        for (int i = 0; i < _recordCount; i++)
        {
            TopicPartition partition = _records[i].TopicPartition;
            if (isDropped(partition))
            {
                first.TryAdd(partition, _records[i].Offset);
            }
            else
            {
                _records[kept++] = _records[i];
            }
        }

        _recordCount = kept;
        foreach (TopicPartitionOffset end in _ends.Where(e => isDropped(e.TopicPartition)))
        {
            first.TryAdd(end.TopicPartition, end.Offset); // so that the end is reported again
        }

        _ends.RemoveAll(e => isDropped(e.TopicPartition));
        return first;
    }

    /// <summary>Gives the messages back to librdkafka. The views of the records are dangling from here on.</summary>
    internal void Release()
    {
        for (int i = 0; i < _messageCount; i++)
        {
            Librdkafka.MessageDestroy(_messages[i]);
        }

        _messageCount = 0;
        _recordCount = 0;
        _ends.Clear();
        _endIndexes.Clear();
    }

    private void Consume(nint queue, int timeoutMs, int wanted)
    {
        fixed (NativeMessage** messages = &_messages[0])
        {
            nint count = Librdkafka.ConsumeBatchQueue(queue, timeoutMs, messages + _messageCount, (nuint)wanted);
            _messageCount += (int)Math.Max(0, count);
        }
    }

    private ConsumedRecord View(NativeMessage* message)
    {
        int timestampType;
        nint headers;
        long timestamp = Librdkafka.MessageTimestamp(message, &timestampType);
        return new ConsumedRecord(
            _topics.Of(message->Topic),
            message->Partition,
            message->Offset,
            timestampType == NativeConstants.TimestampNotAvailable ? -1 : timestamp,
            message->Key,
            message->Key is null ? -1 : (int)message->KeyLength,
            message->Payload,
            message->Payload is null ? -1 : (int)message->Length,
            Librdkafka.MessageHeaders(message, &headers) == 0,
            (nint)message);
    }

    private void ReadEvent(NativeMessage* message, Action<int, string> onError)
    {
        if (message->Error == (int)Confluent.Kafka.ErrorCode.Local_PartitionEOF)
        {
            _ends.Add(new TopicPartitionOffset(new TopicPartition(_topics.Of(message->Topic), message->Partition), message->Offset));
            _endIndexes.Add(_recordCount);
            return;
        }

        // The topic of an error may be a passing object with nothing but a name: no handle to remember.
        string text = message->Payload is null ? NativeText.OfError(message->Error) : NativeText.Read(message->Payload);
        onError(message->Error, message->Topic == 0 ? text : $"{NativeText.Read(Librdkafka.TopicName(message->Topic))}: {text}");
    }

    // An end is reported only if no record of its partition follows in this batch, and once.
    private void KeepLastEnds()
    {
        for (int i = _ends.Count - 1; i >= 0; i--)
        {
            TopicPartition partition = _ends[i].TopicPartition;
            bool isFollowed = _ends.FindIndex(i + 1, e => e.TopicPartition == partition) >= 0;
            for (int r = _endIndexes[i]; r < _recordCount && !isFollowed; r++)
            {
                isFollowed = _records[r].TopicPartition == partition;
            }

            if (isFollowed)
            {
                _ends.RemoveAt(i);
                _endIndexes.RemoveAt(i);
            }
        }
    }
}
