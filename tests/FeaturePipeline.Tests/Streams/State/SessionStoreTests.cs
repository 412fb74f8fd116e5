using System.Globalization;
using System.Text;
using FeaturePipeline.Streams.State;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.State;

public sealed class SessionStoreTests
{
    // Stream time stands still while a broker is away, and the same records are processed again and again.
    [Fact]
    public void Rolling_back_again_and_again_neither_grows_the_closing_queue_nor_loses_anything_from_it()
    {
        const int Committed = 500, Added = 1_000, Rollbacks = 200;
        var store = new SessionStore<NumberRow, NumberState>("s", "s-changelog", new NumberAggregation());
        AddSessions(store, "old", Committed);
        store.CommitCompleted();
        for (int i = 0; i < Rollbacks; i++)
        {
            Turn();
            Assert.InRange(store.ClosingCount, Committed, (2 * Committed) + 1024);
        }

        Assert.Equal(Committed, store.Count);
        List<SessionEntry<NumberState>> due = [];
        store.TakeDue(long.MaxValue, due);
        Assert.Equal(Committed, due.Distinct().Count());
        Assert.Equal(Committed, due.Count);

        void Turn()
        {
            for (int i = 0; i < Committed; i++)
            {
                byte[] key = Key("old", i);
                store.Touch(store.Find(key, KeyTable<SessionEntry<NumberState>>.HashOf(key))!);
            }

            AddSessions(store, "new", Added);
            store.Rollback();
        }
    }

    private static void AddSessions(SessionStore<NumberRow, NumberState> store, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] key = Key(prefix, i);
            store.Add(key, KeyTable<SessionEntry<NumberState>>.HashOf(key), startMs: i, endMs: i);
        }
    }

    private static byte[] Key(string prefix, int i) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}"));
}
