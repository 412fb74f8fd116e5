using System.Text;
using CsCheck;
using FeaturePipeline.Streams.State;

namespace FeaturePipeline.Tests.Streams.State;

public sealed class KeyTableTests
{
    private sealed class Entry : KeyedEntry;

    [Fact]
    public void Behaves_as_a_dictionary_under_any_sequence_of_set_and_remove() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 60]).Array[0, 400].Sample(steps =>
        {
            KeyTable<Entry> table = new();
            Dictionary<string, Entry> model = new(StringComparer.Ordinal);
            foreach ((bool isSet, int number) in steps)
            {
                string text = new('k', number % 7);
                text += number;
                byte[] key = Encoding.UTF8.GetBytes(text);

                // A poor hash on purpose: long probe sequences, and holes in the middle of them.
                uint hash = (uint)(number % 5);
                if (isSet)
                {
                    Entry entry = new();
                    entry.SetKey(key, hash);
                    table.Set(entry);
                    model[text] = entry;
                }
                else
                {
                    table.Remove(key, hash);
                    model.Remove(text);
                }
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Values.ToHashSet(), table.Entries().ToHashSet());
            for (int number = 0; number <= 60; number++)
            {
                string text = new string('k', number % 7) + number;
                Assert.Same(model.GetValueOrDefault(text), table.Find(Encoding.UTF8.GetBytes(text), (uint)(number % 5)));
            }
        });

    [Fact]
    public void An_empty_key_is_a_key()
    {
        KeyTable<Entry> table = new();
        Entry entry = new();
        entry.SetKey([], KeyTable<Entry>.HashOf([]));
        table.Set(entry);

        Assert.Same(entry, table.Find([], KeyTable<Entry>.HashOf([])));
    }
}
