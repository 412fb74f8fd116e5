using System.Globalization;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

public class RegistryRetryTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\""}""");
    private readonly FastTimeProvider _time = new();

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "7", 7)]
    [InlineData(503, "0", 0)]
    [InlineData(429, "3600", 20)]
    public async Task A_registry_that_says_when_to_come_back_is_obeyed_up_to_the_longest_wait(int status, string after, int seconds)
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(status, RetryAfter: after), Found);
        using var registry = Registry(server.Url);
        await registry.GetByIdAsync(7);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(seconds == 0 ? [] : [TimeSpan.FromSeconds(seconds)], Waits());
    }

    [Theory]
    [InlineData(8, 6, 8)]
    [InlineData(-60, 0, 0)]
    public async Task A_date_to_come_back_at_is_obeyed_too(int inSeconds, int atLeast, int atMost)
    {
        var date = DateTimeOffset.UtcNow.AddSeconds(inSeconds).ToString("R", CultureInfo.InvariantCulture);
        await using var server = new ScriptedServer(new ScriptedAnswer(503, RetryAfter: date), Found);
        using var registry = Registry(server.Url);
        await registry.GetByIdAsync(7);
        Assert.InRange(Waits().SingleOrDefault(), TimeSpan.FromSeconds(atLeast), TimeSpan.FromSeconds(atMost));
    }

    [Fact]
    public async Task Waits_without_a_word_of_the_registry_differ_and_stay_below_the_longest()
    {
        await using var server = new ScriptedServer(new ScriptedAnswer(500));
        using var registry = Registry(server.Url, options => options.MaxTries = 8);
        await Fault(registry.GetByIdAsync(7));
        await Fault(registry.GetByIdAsync(7));
        Assert.Equal(14, Waits().Length);
        Assert.All(Waits(), wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(20)));
        Assert.True(Waits().Distinct().Count() > 7, "the waits are not jittered");
    }

    [Fact]
    public async Task A_call_that_nobody_answers_ends_within_the_longest_time_of_a_call()
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Silence);
        using var registry = Registry(server.Url, options => options.Timeout = TimeSpan.FromSeconds(30));
        var began = _time.GetTimestamp();
        Assert.Contains("did not answer within 30 s", (await Fault(registry.GetByIdAsync(7))).Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(130), new SchemaRegistryOptions().LongestCall());
        Assert.Equal(3, _time.Asked.Count(static due => due == TimeSpan.FromSeconds(30)));
        Assert.InRange(_time.GetElapsedTime(began), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(130) + TimeSpan.FromSeconds(200)); // the machine's share
    }

    [Fact]
    public void Times_that_make_no_sense_are_refused_by_name()
    {
        Assert.Contains("SchemaRegistry:Timeout", Refusal(options => options.Timeout = TimeSpan.Zero), StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:MaxTries", Refusal(options => options.MaxTries = 0), StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:RetryDelay", Refusal(options => options.RetryDelay = TimeSpan.FromSeconds(21)), StringComparison.Ordinal);
        Assert.Contains("SchemaRegistry:MaxRetryDelay", Refusal(options => options.MaxRetryDelay = TimeSpan.FromDays(1)), StringComparison.Ordinal);
    }

    private static Task<SchemaRegistryException> Fault(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);

    private string Refusal(Action<SchemaRegistryOptions> set) => Assert.Throws<ArgumentException>(() => Registry("localhost", set)).Message;

    private TimeSpan[] Waits() => [.. _time.Asked.Where(static due => due < TimeSpan.FromSeconds(30))];

    private HttpSchemaRegistry Registry(string url, Action<SchemaRegistryOptions>? set = null)
    {
        // Ten minutes are six seconds on this clock: a busy machine may be slow to answer.
        var options = new SchemaRegistryOptions { Url = url, Timeout = Timeout };
        set?.Invoke(options);
        return new HttpSchemaRegistry(options, _time);
    }
}
