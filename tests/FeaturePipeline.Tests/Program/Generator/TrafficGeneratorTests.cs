using FeaturePipeline.Generator;

namespace FeaturePipeline.Tests.Program.Generator;

public class TrafficGeneratorTests
{
    private static readonly TrafficOptions s_options = new() { Users = 500, Seed = 7, StartMs = 1_700_000_000_000, LateFraction = 0.02 };

    [Fact]
    public void The_same_seed_gives_the_same_events_and_another_seed_gives_others()
    {
        Assert.Equal(Take(s_options, 5_000), Take(s_options, 5_000));
        Assert.NotEqual(Take(s_options, 100), Take(s_options with { Seed = 8 }, 100));
    }

    [Fact]
    public void The_sequence_never_changes_from_version_to_version()
    {
        // Recorded results would silently be about other data if it did.
        GeneratedEvent[] events = Take(s_options, 3);

        Assert.Equal("212/View/47274/1 212/Click/48046/1 172/View/59265/1", string.Join(' ', events.Select(e => $"{e.User}/{e.Type}/{e.TimestampMs - s_options.StartMs}/{e.Session}")));
    }

    [Fact]
    public void Without_late_events_event_time_never_goes_back()
    {
        GeneratedEvent[] events = Take(s_options with { LateFraction = 0 }, 20_000);

        Assert.All(events.Zip(events.Skip(1)), pair => Assert.True(pair.First.TimestampMs <= pair.Second.TimestampMs));
    }

    [Fact]
    public void The_wanted_fraction_is_late_some_of_it_beyond_five_minutes()
    {
        long latest = 0;
        int late = 0;
        int veryLate = 0;
        foreach (GeneratedEvent generated in Take(s_options, 50_000))
        {
            late += generated.TimestampMs < latest ? 1 : 0;
            veryLate += generated.TimestampMs < latest - 300_000 ? 1 : 0;
            latest = Math.Max(latest, generated.TimestampMs);
        }

        Assert.InRange(late, 700, 1_300);
        Assert.InRange(veryLate, late / 5, late / 2);
    }

    [Fact]
    public void Rates_are_met_within_a_tenth()
    {
        foreach (double rate in (double[])[1, 10, 1_000])
        {
            TrafficOptions options = (s_options with { LateFraction = 0 }).WithRate(rate);
            GeneratedEvent[] events = Take(options, 60_000);
            double seconds = (events[^1].TimestampMs - events[10_000].TimestampMs) / 1000.0;

            Assert.InRange(50_000 / seconds, rate * 0.9, rate * 1.1);
            Assert.InRange(options.EventsPerSecond, rate * 0.999, rate * 1.001);
        }
    }

    [Fact]
    public void Users_come_back_in_sessions_of_several_events()
    {
        GeneratedEvent[] events = Take(s_options with { LateFraction = 0 }, 50_000);
        double perSession = (double)events.Count(e => e.Session > 0) / events.Where(e => e.Session > 0).Select(e => (e.User, e.Session)).Distinct().Count();

        Assert.InRange(perSession, 7, 9);
        Assert.Equal(7, events.Select(e => e.Type).Distinct().Count());
    }

    private static GeneratedEvent[] Take(TrafficOptions options, int count)
    {
        var generator = new TrafficGenerator(options);
        return [.. Enumerable.Range(0, count).Select(_ => generator.Next())];
    }
}
