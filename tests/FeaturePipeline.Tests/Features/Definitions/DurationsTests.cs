using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Tests.Features.Definitions;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("30m", 1_800_000)]
    [InlineData("5s", 5_000)]
    [InlineData("250ms", 250)]
    [InlineData("24h", 86_400_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData(" 7D ", 604_800_000)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("00:30:00", 1_800_000)]
    [InlineData("7.00:00:00", 604_800_000)]
    [InlineData("00:00:00.250", 250)]
    public void Both_forms_are_durations(string text, long ms)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan value));
        Assert.Equal(ms, (long)value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("30 minutes")]
    [InlineData("m")]
    [InlineData("-5s")]
    [InlineData("-00:30:00")]
    [InlineData("1.5h")]
    [InlineData("24:00:00")] // 24 days to TimeSpan's general format, 24 hours to its reader
    [InlineData("00:60:00")]
    [InlineData("99999999999999999d")]
    [InlineData("9223372036854775807ms")]
    public void Anything_else_is_not(string? text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("1.12:00:00", "36h")]
    [InlineData("48h", "2d")]
    [InlineData("90s", "90s")]
    [InlineData("1500ms", "1500ms")]
    [InlineData("0", "0s")]
    public void The_short_form_uses_the_largest_unit_that_divides(string text, string expected) =>
        Assert.Equal(expected, Durations.Format(Durations.Parse(text)));
}
