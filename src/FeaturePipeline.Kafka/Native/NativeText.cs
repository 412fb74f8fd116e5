using System.Runtime.InteropServices;
using System.Text;

namespace FeaturePipeline.Kafka.Native;

/// <summary>C strings of librdkafka.</summary>
internal static unsafe class NativeText
{
    internal static string Read(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    internal static string Read(byte* text) => Read((nint)text);

    internal static string OfError(int code) => Read(Librdkafka.ErrorToString(code));

    /// <summary>Text of a buffer that librdkafka ended with a zero.</summary>
    internal static string OfBuffer(ReadOnlySpan<byte> buffer)
    {
        int end = buffer.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]);
    }
}
