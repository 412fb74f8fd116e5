using System.Diagnostics;
using System.Text;
using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Diagnostics;
using FeaturePipeline.Streams.Tasks;
using FeaturePipeline.Streams.Threads;
using FeaturePipeline.Streams.Windows;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Threads;

/// <summary>A whole thread on the simulated broker, where a single history is enough; SimulationTests has the random ones.</summary>
public sealed class StreamThreadTests
{
    private static readonly SessionWindows Windows = new(100, 20);
    private static readonly TopicPartition Partition = new(SimulationTopology.Source, 0);

    private readonly SimulatedBroker _broker = NewBroker();
    private StreamsOptions _options = new()
    {
        ApplicationId = "app",
        CommitInterval = TimeSpan.FromMilliseconds(100),
        MaxFutureSkew = TimeSpan.Zero,
        IdleAfter = TimeSpan.Zero,
    };

    [Fact]
    public void What_is_written_after_the_first_start_is_not_skipped_by_the_next_one()
    {
        _options = _options with { AutoOffsetReset = OffsetReset.Latest };
        Append(10);
        SimulationWorker worker = Start("w");
        Turn(worker);
        Stop(worker);

        Append(1_000, 1_010, 2_000);
        Turn(Start("w"));

        Assert.Equal(["1000..1010"], Finals());
    }

    [Fact]
    public void What_a_thread_waits_for_stays_visible_until_it_is_there()
    {
        SimulationWorker worker = Start("w");
        StreamThread thread = worker.Threads[0].Thread;
        _broker.Faults[FaultKind.CommittedTimeout] = 1;
        Turn(worker, until: () => thread.Trouble is not null);

        for (long untilMs = _broker.Clock.NowMs + 10_000; _broker.Clock.NowMs < untilMs; _broker.Advance(TimeSpan.FromMilliseconds(20)))
        {
            worker.Step(worker.Threads[0]);
            Assert.NotNull(thread.Trouble);
        }

        // The wait doubles from 100 ms: ten seconds take some 7 tries, not the 60 and more of a wait that never grows.
        Assert.InRange(thread.Counters.Retries, 2, 15);
        _broker.Faults[FaultKind.CommittedTimeout] = 0;
        Turn(worker, until: () => thread.Tasks.AllRunning, turns: 2_000);
        Turn(worker, until: () => thread.Trouble is null);
    }

    [Fact]
    public void Each_commit_is_a_span_and_one_that_failed_says_so()
    {
        List<Activity> spans = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == StreamsTracing.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("messaging.consumer.group.name") is "app-spans")
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        _options = _options with { ApplicationId = "app-spans" };
        _broker.CreateTopic($"app-spans-{SimulationTopology.Store(0)}-changelog", 1);
        SimulationWorker worker = Start("w");
        Append(10);
        Turn(worker, until: () => spans.Count == 1);
        Assert.Equal(("commit", ActivityKind.Client, ActivityStatusCode.Unset), (spans[0].DisplayName, spans[0].Kind, spans[0].Status));

        Append(20);
        _broker.Faults[FaultKind.OffsetsTimeout] = 1;
        Turn(worker, until: () => worker.Threads[0].Thread.Counters.Aborts > 0, turns: 5_000);
        Assert.Equal(ActivityStatusCode.Error, spans[^1].Status);
    }

    [Fact]
    public void A_commit_that_waits_for_the_broker_does_not_look_like_a_thread_that_stands_still()
    {
        TimeSpan longest = TimeSpan.Zero;
        SimulationWorker? worker = null;
        worker = Start("w", pause: wait =>
        {
            _broker.Advance(wait);
            TimeSpan sinceBeat = StreamsSnapshot.Of([worker!.Threads[0].Thread], _broker.Clock, _options).Threads[0].SinceBeat;
            longest = sinceBeat > longest ? sinceBeat : longest;
        });
        Append(10);
        _broker.Faults[FaultKind.OffsetsTimeout] = 1;
        Turn(worker, until: () => worker.Threads[0].Thread.Counters.Aborts > 0);

        // Until the member had not polled for max.poll.interval and was one no longer: a minute here.
        Assert.InRange(longest, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
        _broker.Faults[FaultKind.OffsetsTimeout] = 0;
        Turn(worker, until: () => Committed() == 1, turns: 2_000);
    }

    private static SimulatedBroker NewBroker()
    {
        var broker = new SimulatedBroker(new SimulationClock(), seed: 1, new SimulatedBrokerOptions { TransactionTimeout = TimeSpan.FromMinutes(5) });
        broker.CreateTopic(SimulationTopology.Source, 1);
        broker.CreateTopic($"app-{SimulationTopology.Store(0)}-changelog", 1);
        broker.CreateTopic(SimulationTopology.Sink(0), 1);
        return broker;
    }

    private SimulationWorker Start(string name, Action<TimeSpan>? pause = null) => new(
        _broker, name, threads: 1, SimulationTopology.Build([Windows], static () => false), _options,
        static _ => { }, (_, wait) => (pause ?? _broker.Advance)(wait));

    private void Turn(SimulationWorker worker, Func<bool>? until = null, int turns = 200)
    {
        for (int turn = 0; turn < turns && until?.Invoke() != true; turn++)
        {
            worker.Step(worker.Threads[0]);
            _broker.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.True(until is null || until(), "It did not come to that.");
    }

    private void Stop(SimulationWorker worker)
    {
        worker.RequestStop(TimeSpan.FromSeconds(5));
        Turn(worker, until: () => worker.IsStopped);
    }

    private void Append(params long[] timestampsMs)
    {
        foreach (long timestampMs in timestampsMs)
        {
            _broker.Append(SimulationTopology.Source, 0, "k"u8.ToArray(), "1"u8.ToArray(), timestampMs);
        }
    }

    private long Committed() => _broker.Group("app").Committed(Partition) ?? -1;

    private string[] Finals() =>
        [.. _broker.Visible(SimulationTopology.Sink(0)).Select(r => Encoding.UTF8.GetString(r.Record.Value!).Split(' ')[0])];
}
