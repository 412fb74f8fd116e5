using System.Text;
using CsCheck;
using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Tests.Avro.Binary;

public class AsciiTextTests
{
    [Fact]
    public void Text_is_made_of_ASCII_bytes_of_every_length_and_of_no_others() => Gen.Select(Gen.Byte[0, 127].Array[0, 100], Gen.Int[-100, 99]).Sample((bytes, bad) =>
    {
        if (bad >= 0 && bad < bytes.Length)
        {
            bytes[bad] |= 0x80;
        }

        string? text = AsciiText.TryCreate(bytes);
        return text is not null ? text == Encoding.ASCII.GetString(bytes) && (bad < 0 || bad >= bytes.Length) : bad >= 0 && bad < bytes.Length;
    });

    [Fact]
    public void Bytes_are_made_of_ASCII_text_of_every_length_and_of_no_other() => Gen.Select(Gen.Char['\0', '\x7f'].Array[0, 100], Gen.Int[-100, 99], Gen.Char['\x80', '\uffff']).Sample((text, bad, wrong) =>
    {
        if (bad >= 0 && bad < text.Length)
        {
            text[bad] = wrong;
        }

        var bytes = new byte[text.Length + 1];
        bytes[^1] = 0xaa;
        bool made = AsciiText.TryNarrow(text, ref bytes[0]);
        return bytes[^1] == 0xaa && (made ? Encoding.ASCII.GetString(bytes[..^1]) == new string(text) && (bad < 0 || bad >= text.Length) : bad >= 0 && bad < text.Length);
    });
}
