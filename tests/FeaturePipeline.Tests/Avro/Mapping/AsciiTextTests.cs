using System.Text;
using CsCheck;
using FeaturePipeline.Avro.Mapping;

namespace FeaturePipeline.Tests.Avro.Mapping;

public class AsciiTextTests
{
    [Fact]
    public void Text_is_made_of_ASCII_bytes_of_every_length_and_of_no_others() => Gen.Select(Gen.Byte[0, 127].Array[0, 100], Gen.Int[-100, 99]).Sample((bytes, bad) =>
    {
        if (bad >= 0 && bad < bytes.Length)
        {
            bytes[bad] |= 0x80;
        }

        bool made = AsciiText.TryCreate(bytes, out string text);
        return made ? text == Encoding.ASCII.GetString(bytes) && (bad < 0 || bad >= bytes.Length) : bad >= 0 && bad < bytes.Length;
    });
}
