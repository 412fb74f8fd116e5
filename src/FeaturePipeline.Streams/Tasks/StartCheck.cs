// Whether a restored task may start where its group stands. State and offset are committed together: where they differ, somebody
// moved one of them, and going on would count records twice or leave them out without a word.
//
// In a transaction the group's offset is the position of the state, always. Without one, the commit makes state durable, then the
// position, then the offset: a crash in between leaves the offset where it was before that commit, which the position record holds.
using System.Globalization;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Resets;
using FeaturePipeline.Streams.State;
using Microsoft.Extensions.Logging;

namespace FeaturePipeline.Streams.Tasks;

/// <summary>What the broker said of a task's source before the task's state was restored.</summary>
/// <param name="Committed">The group's offset; null when there is none.</param>
/// <param name="Ends">Ends of the source partition.</param>
internal readonly record struct SourceStart(long? Committed, Watermarks Ends);

/// <summary>Compares a restored task with the offset of its group and the ends of its source.</summary>
internal sealed class StartCheck(StreamTask task, SourceStart start, StreamsOptions options, ILogger logger)
{
    private readonly TopicPartition _source = task.SourcePartition;

    private readonly record struct Positioned(StateStore Store, ProgressRecord Progress, SourcePosition Position);

    private string Group => $"group '{options.ApplicationId}'";

    private string ResetAll => Remedies.Everything(_source.Topic);

    /// <summary>Refuses a start that would be wrong; what is odd but right is logged.</summary>
    /// <exception cref="StreamsException">State, offset and source don't belong together; the message says what to do.</exception>
    public void Verify()
    {
        List<Positioned> positioned = [];
        List<StateStore> empty = [];
        foreach (StateStore store in task.Stores)
        {
            ProgressRecord? progress = store.ReadProgress();
            if (progress is { Sources.Count: > 0 })
            {
                positioned.Add(new Positioned(store, progress, PositionIn(store, progress)));
            }
            else if (progress is not null || store.Count > 0)
            {
                VerifyWithoutPosition(store);
            }
            else if (start.Committed > 0)
            {
                empty.Add(store);
            }
        }

        VerifySource(positioned);
        VerifyOffset(positioned);
        VerifyEmpty(empty, positioned);
        positioned.ForEach(VerifyEntries);
    }

    private SourcePosition PositionIn(StateStore store, ProgressRecord progress)
    {
        foreach (SourcePosition position in progress.Sources)
        {
            if (position.Partition == _source)
            {
                return position;
            }
        }

        throw Refusal(
            $"the state of '{store.Name}' was computed from {string.Join(", ", progress.Sources.Select(s => s.Partition.ToString()))}, not from {_source}",
            $"Set Source:Topic back, or give the application another Kafka:ApplicationId. {ResetAll}");
    }

    // Written by a version that kept no position: there is only the group's offset to believe, and that it is there.
    private void VerifyWithoutPosition(StateStore store)
    {
        if (start.Committed is not { } committed)
        {
            if (options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce)
            {
                throw Refusal($"there is state of '{store.Name}', and {Group} has no offset of {_source}: {WhyNone}", ResetAll);
            }

            return; // It crashed in its first commit: the records are processed again.
        }

        if (committed > start.Ends.High)
        {
            throw SourceIsGone(committed);
        }

        logger.PositionAdopted(task.Id, store.Name, committed, _source);
    }

    private void VerifySource(List<Positioned> positioned)
    {
        foreach (Positioned store in positioned.Where(p => p.Position.Next > start.Ends.High))
        {
            throw SourceIsGone(store.Position.Next);
        }
    }

    private void VerifyOffset(List<Positioned> positioned)
    {
        List<Positioned> wrong = positioned.FindAll(p => !Agrees(p));
        if (wrong.Count == 0)
        {
            return;
        }

        string state = string.Join(", ", wrong.Select(p => $"'{p.Store.Name}' is at {Text(p.Position.Next)}"));
        string what = $"{Group} is at {Text(start.Committed)} of {_source}, and the state of {state}";
        if (wrong.Count < positioned.Count)
        {
            throw Refusal(
                $"{what}, that of other views with the group: the application ran without it meanwhile",
                $"{Remedies.Views(wrong.Select(p => p.Store.Name))} {ResetAll}");
        }

        bool isOne = wrong.TrueForAll(p => p.Position.Next == wrong[0].Position.Next);
        throw Refusal($"{what}: {(start.Committed is null ? WhyNone : WhyMoved)}", isOne ? $"{Remedies.OffsetsToState} {ResetAll}" : ResetAll);
    }

    // Each commit leaves a record in every changelog of the task. One without any is a new view's, where the others' records don't know
    // it; else it has lost what it held. Where no record tells, it can't be known, and is not guessed.
    private void VerifyEmpty(List<StateStore> empty, List<Positioned> positioned)
    {
        foreach (StateStore store in empty)
        {
            bool isKnown = positioned.Exists(p => p.Progress.Stores.Contains(store.Name));
            if (positioned.Count > 0 && !isKnown)
            {
                logger.ViewIsNew(task.Id, store.Name, start.Committed ?? 0, _source);
                continue;
            }

            string why = isKnown
                ? "the topic was deleted, emptied, or created anew"
                : "the topic was deleted, emptied, or created anew, or the view is new and no other view's changelog shows that";
            throw Refusal(
                $"{Group} is at {Text(start.Committed)} of {_source}, and changelog '{store.ChangelogTopic}' has no record of that: {why}",
                $"{Remedies.Views(store.Name)} {ResetAll}");
        }
    }

    // What was deleted from the front of a changelog (by age, by size, by hand) is missed by number only.
    private void VerifyEntries(Positioned positioned)
    {
        (StateStore store, ProgressRecord progress, _) = positioned;
        if (progress.IsTransactional && progress.EntryCount != store.Count)
        {
            throw Refusal(
                $"changelog '{store.ChangelogTopic}' holds {store.Count} windows of partition {_source.Partition} and was written with "
                + $"{progress.EntryCount}: some of its records are gone. Its cleanup.policy must be compact, and nothing else",
                $"{Remedies.Views(store.Name)} {ResetAll}");
        }
    }

    private bool Agrees(Positioned store) => start.Committed == store.Position.Next
        || (!store.Progress.IsTransactional && start.Committed == store.Position.CommittedBefore);

    private const string WhyNone = "it was deleted, or has expired while nobody ran (offsets.retention.minutes on the broker), or the topic was deleted";

    private const string WhyMoved = "somebody reset it, or the changelog has lost its end";

    private StreamsException SourceIsGone(long position) => Refusal($"the {Remedies.SourceIsGone(_source, position, start.Ends.High)}", ResetAll);

    private StreamsException Refusal(string what, string remedy) => new($"Task {task.Id}: {what}. {remedy}");

    private static string Text(long? offset) => offset?.ToString(CultureInfo.InvariantCulture) ?? "no offset";
}
