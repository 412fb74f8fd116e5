using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

// Whether schemas have one canonical form, without writing it: the form of a type spells out all that it holds, so that writing it for each union
// costs the square of the schema's size. Types recur, so a pair is taken to be the same while it is compared; what leant on a pair that then
// differs is forgotten.
internal sealed class SameForm
{
    private readonly HashSet<(NamedSchema Left, NamedSchema Right)> _same = [];
    private readonly HashSet<(NamedSchema Left, NamedSchema Right)> _different = [];
    private readonly List<(NamedSchema Left, NamedSchema Right)> _assumed = [];

    internal bool Of(AvroSchema left, AvroSchema right) => ReferenceEquals(left, right) || (left, right) switch
    {
        (UnionSchema a, UnionSchema b) => a.Branches.Count == b.Branches.Count && a.Branches.Zip(b.Branches).All(pair => Of(pair.First, pair.Second)),
        (ArraySchema a, ArraySchema b) => Of(a.Items, b.Items),
        (MapSchema a, MapSchema b) => Of(a.Values, b.Values),
        (NamedSchema a, NamedSchema b) => a.Type == b.Type && string.Equals(a.Name.FullName, b.Name.FullName, StringComparison.Ordinal) && OfNamed(a, b),
        _ => left.Type == right.Type,
    };

    private bool OfNamed(NamedSchema left, NamedSchema right)
    {
        if (_different.Contains((left, right)) || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            return false;
        }

        if (!_same.Add((left, right)))
        {
            return true;
        }

        int mark = _assumed.Count;
        _assumed.Add((left, right));
        bool same = (left, right) switch
        {
            (RecordSchema a, RecordSchema b) => a.Fields.Count == b.Fields.Count && a.Fields.Zip(b.Fields).All(
                pair => string.Equals(pair.First.Name, pair.Second.Name, StringComparison.Ordinal) && Of(pair.First.Schema, pair.Second.Schema)),
            (EnumSchema a, EnumSchema b) => a.Symbols.SequenceEqual(b.Symbols, StringComparer.Ordinal),
            _ => ((FixedSchema)left).Size == ((FixedSchema)right).Size,
        };
        if (!same)
        {
            _different.Add((left, right));
            _same.ExceptWith(_assumed.Skip(mark));
        }

        if (!same || mark == 0)
        {
            _assumed.RemoveRange(mark, _assumed.Count - mark);
        }

        return same;
    }
}
