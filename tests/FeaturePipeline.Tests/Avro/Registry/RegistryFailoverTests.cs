using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>Several addresses of one registry: which is asked, and when the next one is.</summary>
public class RegistryFailoverTests
{
    private static readonly ScriptedAnswer Found = new(200, """{"schema":"\"int\""}""");
    private static readonly ScriptedAnswer NoSchema = new(404, """{"error_code":40403,"message":"Schema not found"}""");
    private readonly FastTimeProvider _time = new();

    [Fact]
    public async Task Another_address_is_asked_at_once_and_stays_the_first_choice()
    {
        await using var broken = new ScriptedServer(new ScriptedAnswer(503));
        await using var sound = new ScriptedServer(Found);
        using var registry = Registry($"{broken.Url}, {sound.Url}");
        await registry.GetByIdAsync(7);
        await registry.GetByIdAsync(8);
        Assert.Single(broken.Requests);
        Assert.Equal(2, sound.Requests.Count);
        Assert.DoesNotContain(_time.Asked, due => due < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_final_answer_of_the_first_address_is_not_asked_for_elsewhere()
    {
        await using var first = new ScriptedServer(NoSchema);
        await using var second = new ScriptedServer(Found);
        using var registry = Registry($"{first.Url},{second.Url}");
        Assert.Equal(SchemaRegistryException.SchemaNotFound, (await Fault(registry.GetByIdAsync(7))).ErrorCode);
        Assert.Empty(second.Requests);
    }

    [Theory]
    [InlineData(200, "<html>Welcome</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, "")]
    [InlineData(404, "<html>nginx</html>")]
    public async Task An_address_at_which_no_registry_answers_is_passed_over(int status, string body)
    {
        await using var wrong = new ScriptedServer(new ScriptedAnswer(status, body, "text/html"));
        await using var right = new ScriptedServer(Found);
        using var registry = Registry($"{wrong.Url},{right.Url}");
        Assert.Equal("\"int\"", (await registry.GetByIdAsync(7)).Text);
        Assert.Equal("\"int\"", (await registry.GetByIdAsync(8)).Text);
        Assert.Equal((1, 2), (wrong.Requests.Count, right.Requests.Count));
    }

    [Fact]
    public async Task A_fault_that_may_pass_is_tried_again_whatever_the_other_addresses_are()
    {
        await using var away = new ScriptedServer(new ScriptedAnswer(503), new ScriptedAnswer(503), Found);
        await using var wrong = new ScriptedServer(new ScriptedAnswer(200, "<html>Welcome</html>"));
        using var registry = Registry($"{away.Url},{wrong.Url}");
        Assert.Equal("\"int\"", (await registry.GetByIdAsync(7)).Text);
        Assert.Equal((3, 2), (away.Requests.Count, wrong.Requests.Count));
    }

    [Fact]
    public async Task An_address_that_says_no_has_answered_and_is_asked_first_from_then_on()
    {
        await using var away = new ScriptedServer(new ScriptedAnswer(503));
        await using var other = new ScriptedServer(NoSchema);
        using var registry = Registry($"{away.Url},{other.Url}");
        Assert.True((await Fault(registry.GetByIdAsync(7))).IsNotFound);
        Assert.True((await Fault(registry.GetByIdAsync(8))).IsNotFound);
        Assert.Equal((1, 2), (away.Requests.Count, other.Requests.Count));
    }

    [Fact]
    public async Task Whoever_is_back_first_is_waited_for()
    {
        await using var one = new ScriptedServer(new ScriptedAnswer(503, RetryAfter: "9"), Found);
        await using var other = new ScriptedServer(new ScriptedAnswer(503, RetryAfter: "4"), Found);
        using var registry = Registry($"{one.Url},{other.Url}");
        await registry.GetByIdAsync(7);
        Assert.Equal([TimeSpan.FromSeconds(4)], Waits());
    }

    [Fact]
    public async Task When_all_addresses_fail_the_error_names_each_with_its_fault_and_no_credentials()
    {
        var away = new ScriptedServer(Found);
        var awayUrl = away.Url;
        await away.DisposeAsync();
        await using var broken = new ScriptedServer(new ScriptedAnswer(500, """{"error_code":50001,"message":"Error in the backend"}"""));
        await using var busy = new ScriptedServer(new ScriptedAnswer(503));
        using var registry = Registry(string.Join(',', new[] { awayUrl, broken.Url, busy.Url }.Select(url => url.Replace("://", "://alice:s3cret@", StringComparison.Ordinal))));
        var fault = await Fault(registry.GetByIdAsync(7));
        Assert.True(fault.IsRetriable);
        Assert.Equal(503, fault.ErrorCode);
        Assert.Contains("none of 3 addresses could answer", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{awayUrl}/ can't be reached", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{broken.Url}/ answered 500, code 50001: Error in the backend", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"{busy.Url}/ answered 503", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("alice", fault.ToString(), StringComparison.Ordinal);
        Assert.Equal((3, 3), (broken.Requests.Count, busy.Requests.Count));
    }

    [Fact]
    public async Task After_a_failure_the_address_that_answered_last_is_asked_first()
    {
        var isFirstUp = false;
        await using var first = new ScriptedServer(_ => isFirstUp ? Found : new ScriptedAnswer(503));
        var isSecondUp = true;
        await using var second = new ScriptedServer(_ => isSecondUp ? Found : new ScriptedAnswer(503));
        using var registry = Registry($"{first.Url},{second.Url}");
        await registry.GetByIdAsync(1);
        await registry.GetByIdAsync(2);
        Assert.Equal((1, 2), (first.Requests.Count, second.Requests.Count));
        (isFirstUp, isSecondUp) = (true, false);
        await registry.GetByIdAsync(3);
        await registry.GetByIdAsync(4);
        Assert.Equal((3, 3), (first.Requests.Count, second.Requests.Count));
    }

    private static Task<SchemaRegistryException> Fault(Task call) => Assert.ThrowsAsync<SchemaRegistryException>(() => call);

    private TimeSpan[] Waits() => [.. _time.Asked.Where(static due => due < TimeSpan.FromSeconds(30))];

    // Ten minutes are six seconds on this clock: a busy machine may be slow to answer.
    private HttpSchemaRegistry Registry(string urls) => new(new SchemaRegistryOptions { Url = urls, Timeout = TimeSpan.FromMinutes(10) }, _time);
}
