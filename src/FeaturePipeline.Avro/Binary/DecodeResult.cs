using System.Globalization;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Why a message could not be decoded.</summary>
public enum DecodeErrorKind : byte
{
    /// <summary>It could be.</summary>
    None,

    /// <summary>The message ends before the value does, or a length points beyond its end.</summary>
    Truncated,

    /// <summary>The value ends before the message does.</summary>
    TrailingBytes,

    /// <summary>A varint of more than 10 bytes, or of more than 64 bits.</summary>
    VarintOverflow,

    /// <summary>An int of more than 32 bits.</summary>
    IntRange,

    /// <summary>A length below zero.</summary>
    NegativeLength,

    /// <summary>A union index that the writer's schema does not have.</summary>
    BadUnionIndex,

    /// <summary>An enum index that the writer's schema does not have.</summary>
    BadEnumIndex,

    /// <summary>A boolean that is neither 0 nor 1.</summary>
    BadBoolean,

    /// <summary>A string that is not valid UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A block's count that no array can have.</summary>
    BadBlockCount,

    /// <summary>A block's size in bytes below zero, or one that its items do not fill.</summary>
    BadBlockSize,

    /// <summary>More items than the message's bytes can hold, or more items or fields without bytes than one message may have.</summary>
    TooManyItems,

    /// <summary>Records, arrays and maps nested more than 64 deep, or what the reader allows instead, or deeper than the thread's stack has room for.</summary>
    TooDeep,

    /// <summary>The writer's union branch is one that the reader's schema cannot read.</summary>
    UnreadableBranch,

    /// <summary>The writer's enum symbol is one that the reader's schema does not have, nor a default for it.</summary>
    UnknownSymbol,

    /// <summary>The value is one that the C# type cannot hold: a date before the year 1, a decimal of 30 digits, text that is no uuid.</summary>
    OutOfRange,
}

/// <summary>How a decode ended. Small, and free on success: the field's path is looked up when it is asked for.</summary>
public readonly struct DecodeResult : IEquatable<DecodeResult>
{
    /// <summary>Begins the detail of a branch that the reader has no place for; its type follows.</summary>
    internal const string UnreadableBranch = "the writer's branch ";

    private readonly IDecodePaths? _paths;
    private readonly int _place;

    internal DecodeResult(DecodeErrorKind error, int offset, IDecodePaths? paths, int place)
    {
        Error = error;
        Offset = offset;
        _paths = paths;
        _place = place;
    }

    /// <summary>Whether the message was decoded, to its last byte.</summary>
    public bool IsOk => Error == DecodeErrorKind.None;

    /// <summary>What was wrong.</summary>
    public DecodeErrorKind Error { get; }

    /// <summary>Bytes from the body's start to where it was noticed.</summary>
    public int Offset { get; }

    /// <summary>The writer's field at which it was noticed, with '.' into records and '[]' into arrays and maps; empty at the top.</summary>
    public string FieldPath => _paths?.PathOf(_place) ?? "";

    /// <summary>
    /// What is wrong with the value, where more can be said than <see cref="Error"/> says; never the value itself, which may be personal
    /// data.
    /// </summary>
    public string Detail => _paths?.DetailOf(_place, Error) ?? "";

    /// <summary>Whether the value is null where the reader's schema has no null.</summary>
    public bool IsUnreadableNull =>
        Error == DecodeErrorKind.UnreadableBranch && Detail.StartsWith(UnreadableBranch + "null ", StringComparison.Ordinal);

    /// <summary>Equality of kind, offset and place.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are equal.</returns>
    public static bool operator ==(DecodeResult left, DecodeResult right) => left.Equals(right);

    /// <summary>Inequality of kind, offset or place.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(DecodeResult left, DecodeResult right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(DecodeResult other) => Error == other.Error && Offset == other.Offset && _place == other._place;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DecodeResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Error, Offset, _place);

    /// <summary>What was wrong, and where.</summary>
    /// <returns>Such as <c>InvalidUtf8 at byte 17, field 'session_id'</c>, and behind a colon the <see cref="Detail"/>.</returns>
    public override string ToString() => IsOk
        ? "ok"
        : string.Create(CultureInfo.InvariantCulture, $"{Error} at byte {Offset}, field '{FieldPath}'")
            + (Detail.Length == 0 ? "" : ": " + Detail);
}

/// <summary>Names the places of a plan: kept apart from it so that a result is a small struct.</summary>
internal interface IDecodePaths
{
    /// <summary>The path of a place.</summary>
    /// <param name="place">An operation's position, or a node's number.</param>
    /// <returns>The path.</returns>
    string PathOf(int place);

    /// <summary>More about the failure at a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="error">What failed there.</param>
    /// <returns>The text, or null.</returns>
    string? DetailOf(int place, DecodeErrorKind error);
}

/// <summary>The path of one failure, and what is wrong with the value.</summary>
internal sealed class OnePath(string path, string? detail) : IDecodePaths
{
    public string PathOf(int place) => path;

    public string? DetailOf(int place, DecodeErrorKind error) => detail;
}
