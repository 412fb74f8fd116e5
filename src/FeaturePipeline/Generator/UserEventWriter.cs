using System.Buffers.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Generator;

/// <summary>Writes generated events as UserEvent records in Confluent framing. Not thread-safe; allocates nothing per event.</summary>
public sealed class UserEventWriter
{
    private const int UserDigits = 8;
    private const int BufferSize = 256;

    private static readonly byte[][] s_types =
    [
        "view"u8.ToArray(), "click"u8.ToArray(), "search"u8.ToArray(), "add_to_cart"u8.ToArray(), "remove_from_cart"u8.ToArray(),
        "purchase"u8.ToArray(), "login"u8.ToArray(),
    ];

    private readonly RowEncoder _encoder;
    private readonly FieldValue[] _fields = new FieldValue[4];
    private readonly byte[] _data = new byte[BufferSize];
    private readonly byte[] _value = new byte[BufferSize];
    private int _keyLength;
    private int _valueLength;

    /// <summary>Makes a writer.</summary>
    /// <param name="schema">The built-in UserEvent schema: user_id, event_type, timestamp, session_id.</param>
    /// <param name="schemaId">Its id in the registry.</param>
    public UserEventWriter(AvroSchema schema, int schemaId)
    {
        _encoder = RowEncoder.Compile(schema);
        WireFormat.WritePrefix(_value, schemaId);
    }

    /// <summary>Key of the last event: its user_id in UTF-8.</summary>
    public ReadOnlySpan<byte> Key => _data.AsSpan(0, _keyLength);

    /// <summary>Value of the last event, framed.</summary>
    public ReadOnlySpan<byte> Value => _value.AsSpan(0, _valueLength);

    /// <summary>Encodes an event; <see cref="Key"/> and <see cref="Value"/> hold it until the next call.</summary>
    /// <param name="generated">The event.</param>
    public void Write(in GeneratedEvent generated)
    {
        "user-"u8.CopyTo(_data);
        _keyLength = 5 + WriteNumber(_data.AsSpan(5), generated.User, UserDigits);
        byte[] type = s_types[(int)generated.Type];
        type.CopyTo(_data, _keyLength);
        int sessionStart = _keyLength + type.Length;
        _fields[0] = FieldValue.FromSlice(0, _keyLength);
        _fields[1] = FieldValue.FromSlice(_keyLength, type.Length);
        _fields[2] = FieldValue.FromLong(generated.TimestampMs);
        _fields[3] = FieldValue.Null;
        if (generated.Session > 0)
        {
            Span<byte> session = _data.AsSpan(sessionStart);
            "s-"u8.CopyTo(session);
            int length = 2 + WriteNumber(session[2..], generated.User, UserDigits);
            session[length++] = (byte)'-';
            length += WriteNumber(session[length..], generated.Session, 4);
            _fields[3] = FieldValue.FromSlice(sessionStart, length);
        }

        int written = _encoder.Encode(_fields, _data, _value.AsSpan(WireFormat.PrefixSize));
        _valueLength = written >= 0 ? WireFormat.PrefixSize + written : throw new InvalidOperationException($"A UserEvent takes more than {BufferSize} bytes.");
    }

    private static int WriteNumber(Span<byte> destination, int number, int digits)
    {
        _ = Utf8Formatter.TryFormat(number, destination, out int written, new System.Buffers.StandardFormat('D', (byte)digits));
        return written;
    }
}
