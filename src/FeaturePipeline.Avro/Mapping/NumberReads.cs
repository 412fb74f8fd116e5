using System.Numerics;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Numbers of fields that are wider than their members. A whole number is what was written, exactly, or an error of the message. Of a
/// floating-point number the member has the nearest one that it holds (IEEE 754, ties to even), which is what its type says; beyond the
/// type's range it is an error. NaN and the infinities are the same in every floating-point type.
/// </summary>
internal static class NumberReads
{
    internal static readonly Type[] Integers =
    [
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(Int128), typeof(UInt128), typeof(BigInteger),
    ];

    internal static readonly Type[] FloatingPoints = [typeof(Half), typeof(float), typeof(double)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Integer<T>(ref AvroReader reader, long number, out T value)
        where T : IBinaryInteger<T>
    {
        value = T.CreateSaturating(number);
        return long.CreateSaturating(value) == number || Beyond(ref reader, typeof(T));
    }

    internal static bool FloatingPoint<T>(ref AvroReader reader, double number, out T value)
        where T : IFloatingPointIeee754<T>
    {
        value = T.CreateSaturating(number);
        return T.IsFinite(value) == double.IsFinite(number) || Beyond(ref reader, typeof(T));
    }

    internal static bool FloatingPointOfLong<T>(ref AvroReader reader, long number, out T value)
        where T : IFloatingPointIeee754<T>
    {
        // The double nearest to the greatest longs is 2^63, which is none.
        const double End = 9_223_372_036_854_775_808.0;
        double rounded = number;
        value = T.CreateSaturating(rounded);
        return (rounded < End && (long)rounded == number && double.CreateSaturating(value) == rounded) || Inexact(ref reader, typeof(T));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool Beyond(ref AvroReader reader, Type type) =>
        reader.Fail(DecodeErrorKind.OutOfRange, $"the number is beyond {type}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool Inexact(ref AvroReader reader, Type type) =>
        reader.Fail(DecodeErrorKind.OutOfRange, $"the number is none that {type} holds exactly");
}
