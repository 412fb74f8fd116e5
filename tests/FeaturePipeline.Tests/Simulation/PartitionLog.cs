using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>What became of the records that one transaction wrote to one partition.</summary>
internal enum SegmentOutcome
{
    Open,
    Committed,
    Aborted,
}

/// <summary>The part of one transaction that lies in one partition: from its first record to its marker.</summary>
internal sealed class TransactionSegment(long producerId, long firstOffset)
{
    public long ProducerId { get; } = producerId;

    public long FirstOffset { get; } = firstOffset;

    public SegmentOutcome Outcome { get; set; }
}

/// <summary>One record of a log, or a control record (the marker of a transaction's end).</summary>
internal sealed record LogRecord(
    long Offset, long TimestampMs, byte[]? Key, byte[]? Value, IReadOnlyList<RecordHeader> Headers,
    long ProducerId, short Epoch, TransactionSegment? Segment, bool IsControl)
{
    /// <summary>Whether a consumer of this isolation ever sees the record.</summary>
    public bool IsVisible(bool readCommitted) =>
        !IsControl && (!readCommitted || Segment is null || Segment.Outcome == SegmentOutcome.Committed);
}

// One partition: an append-only log with transactions.
// Invariants: offsets only grow; Low <= LastStable <= High; a record before LastStable is never of an open transaction.
internal sealed class PartitionLog(TopicPartition partition)
{
    private readonly List<LogRecord> _records = [];
    private readonly Dictionary<long, TransactionSegment> _open = [];

    public TopicPartition Partition { get; } = partition;

    public IReadOnlyList<LogRecord> Records => _records;

    public long Low { get; private set; }

    public long High { get; private set; }

    public long LastStable => _open.Count == 0 ? High : _open.Values.Min(s => s.FirstOffset);

    public bool HasOpenTransactions => _open.Count > 0;

    public LogRecord Append(
        long timestampMs, byte[]? key, byte[]? value, IReadOnlyList<RecordHeader>? headers,
        long producerId = -1, short epoch = -1, bool isTransactional = false)
    {
        TransactionSegment? segment = null;
        if (isTransactional && !_open.TryGetValue(producerId, out segment))
        {
            segment = new TransactionSegment(producerId, High);
            _open.Add(producerId, segment);
        }

        var record = new LogRecord(High, timestampMs, key, value, headers ?? [], producerId, epoch, segment, IsControl: false);
        _records.Add(record);
        High++;
        return record;
    }

    /// <summary>Writes the marker of a transaction's end. It takes an offset also where the transaction wrote nothing.</summary>
    public void AppendMarker(long producerId, short epoch, bool commit, long nowMs)
    {
        if (_open.Remove(producerId, out TransactionSegment? segment))
        {
            segment.Outcome = commit ? SegmentOutcome.Committed : SegmentOutcome.Aborted;
        }

        _records.Add(new LogRecord(High, nowMs, null, null, [], producerId, epoch, null, IsControl: true));
        High++;
    }

    /// <summary>One past the last offset that a consumer of this isolation may see.</summary>
    public long End(bool readCommitted) => readCommitted ? LastStable : High;

    /// <summary>Reads visible records from an offset; <paramref name="position"/> moves past what was read and what is not visible.</summary>
    public void Read(ref long position, int max, bool readCommitted, List<LogRecord> into)
    {
        long end = End(readCommitted);
        int i = FirstAtOrAfter(position);
        for (; i < _records.Count && _records[i].Offset < end; i++)
        {
            if (_records[i].IsVisible(readCommitted))
            {
                if (max-- == 0)
                {
                    position = _records[i].Offset;
                    return;
                }

                into.Add(_records[i]);
            }

            position = _records[i].Offset + 1;
        }

        position = Math.Max(position, end);
    }

    /// <summary>Log compaction: of the stable records of one key only the last stays, aborted ones and old markers go; offsets keep.</summary>
    /// <returns>Records removed.</returns>
    public int Compact()
    {
        long end = LastStable;
        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (LogRecord record in _records)
        {
            if (record.Offset < end && record.Key is not null && record.IsVisible(readCommitted: true))
            {
                last[Convert.ToHexString(record.Key)] = record.Offset;
            }
        }

        // The last record before the end stays whatever it is: the active segment is never compacted.
        return _records.RemoveAll(r => r.Offset < end - 1 && (r.IsControl || !r.IsVisible(readCommitted: true)
            || (r.Key is not null && last[Convert.ToHexString(r.Key)] != r.Offset)));
    }

    /// <summary>DeleteRecords, or retention: what lies before an offset is gone.</summary>
    public void DeleteBefore(long offset)
    {
        Low = offset;
        _records.RemoveAll(r => r.Offset < offset);
    }

    /// <summary>An unclean election: what lies at an offset and behind it is gone.</summary>
    public void LoseEnd(long offset)
    {
        High = offset;
        _records.RemoveAll(r => r.Offset >= offset);
    }

    private int FirstAtOrAfter(long offset)
    {
        int low = 0;
        int high = _records.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_records[middle].Offset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
