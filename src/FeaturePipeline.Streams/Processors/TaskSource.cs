using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Topology;

namespace FeaturePipeline.Streams.Processors;

/// <summary>The source of one task and everything behind it.</summary>
internal abstract class TaskSource
{
    /// <summary>State stores of the operators.</summary>
    public abstract IReadOnlyList<StateStore> Stores { get; }

    /// <summary>Windows emitted as final since the task was created.</summary>
    public abstract long ClosedCount { get; }

    /// <summary>Takes one record through decoding, the checks of design, stream time and the operators.</summary>
    /// <returns>False when the record can't be judged yet and must be given again.</returns>
    public abstract bool Process(RecordBatch batch, in ConsumedRecord record);

    /// <summary>
    /// Whether windows may be open that are closed at the task's stream time: a rollback opens windows again, and takes stream time
    /// back with them only if no commit came between the first and the last that it had closed.
    /// </summary>
    public bool IsCloseOverdue { get; private set; }

    /// <summary>The operators' state was rolled back.</summary>
    public void RolledBack() => IsCloseOverdue = true;

    /// <summary>Emits what is closed at the task's stream time.</summary>
    public void CloseDue()
    {
        CloseOperators();
        IsCloseOverdue = false;
    }

    /// <summary>Lets each operator emit what is closed at the task's stream time.</summary>
    protected abstract void CloseOperators();
}

/// <summary>A task's source with its row type.</summary>
internal sealed class TaskSource<TRow>(IRecordDecoder<TRow> decoder, WindowOperator<TRow>[] operators, TaskContext context) : TaskSource
    where TRow : struct, IStreamRow, allows ref struct
{
    private readonly long _skewMsMax = (long)context.Options.MaxFutureSkew.TotalMilliseconds;

    /// <inheritdoc/>
    public override IReadOnlyList<StateStore> Stores { get; } = [.. operators.Select(o => o.Store)];

    /// <inheritdoc/>
    public override long ClosedCount => operators.Sum(o => o.ClosedCount);

    /// <inheritdoc/>
    public override bool Process(RecordBatch batch, in ConsumedRecord record)
    {
        switch (decoder.Decode(batch, in record, out TRow row))
        {
            case DecodeStatus.Pending:
                return false;
            case DecodeStatus.Rejected:
                context.Reject(batch, in record, decoder.Rejection);
                return true;
        }

        long timestampMs = row.TimestampMs;
        if (_skewMsMax > 0 && timestampMs - _skewMsMax > context.NowMs)
        {
            context.Reject(batch, in record, Future(timestampMs));
            return true;
        }

        // Stream time moves first, and what it closes is gone before the row looks for a session to join.
        if (context.Time.Advance(timestampMs) || IsCloseOverdue)
        {
            CloseDue();
        }

        bool isLate = false;
        foreach (WindowOperator<TRow> node in operators)
        {
            isLate |= !node.Process(in row);
        }

        if (isLate)
        {
            context.DropLate(batch, in record);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void CloseOperators()
    {
        foreach (WindowOperator<TRow> node in operators)
        {
            node.CloseDue(context.NowMs);
        }
    }

    private Rejection Future(long timestampMs) => new(
        DropReason.FutureTimestamp,
        $"The event's time is {timestampMs - context.NowMs} ms ahead of the wall clock; allowed are {_skewMsMax} ms. "
        + "Check the producer's clock, or set Source:MaxFutureSkew (0 switches the check off).");
}
