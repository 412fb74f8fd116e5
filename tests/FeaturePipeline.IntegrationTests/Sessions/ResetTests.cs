using Confluent.Kafka;
using Confluent.Kafka.Admin;
using FeaturePipeline.Streams.Clients;
using TopicPartition = FeaturePipeline.Streams.Clients.TopicPartition;
using TopicPartitionOffset = FeaturePipeline.Streams.Clients.TopicPartitionOffset;

namespace FeaturePipeline.IntegrationTests.Sessions;

// Invariant: where state, offsets, changelog and source do not belong together, a worker refuses to start; the remedy that it names leads to
// features that are right, on a real broker and with the program's own verb.
public sealed class ResetTests(KafkaFixture kafka) : IDisposable
{
    private const int Events = 20_000;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    private readonly SessionScenario _job = new(kafka.BootstrapServers, kafka.RegistryUrl, "reset");

    private string Changelog => $"{_job.ApplicationId}-user_sessions-changelog";

    [Fact]
    public void Offsets_that_were_deleted_or_moved_are_refused_and_set_to_where_the_state_is()
    {
        _job.Produce(Events);
        ProgramProcess worker = _job.StartWorker("one");
        _job.Await(() => _job.Watch.Committed() > 0, "a commit");
        (int code, string printed) = _job.Run("reset");
        Assert.Equal(1, code);
        Assert.Contains($"group '{_job.ApplicationId}' has members: ", printed, StringComparison.Ordinal);
        Assert.True(worker.Terminate() == 0, worker.Log);
        long committed = _job.Watch.Committed();

        using IAdmin admin = kafka.Clients("reset-test").CreateAdmin();
        TopicPartition[] sources = [.. Enumerable.Range(0, 4).Select(partition => new TopicPartition(_job.SourceTopic, partition))];
        admin.DeleteGroupOffsets(_job.ApplicationId, sources, _timeout);
        AssertRefused("is at no offset of");
        admin.SetGroupOffsets(_job.ApplicationId, [.. sources.Select(source => new TopicPartitionOffset(source, 0))], _timeout);
        AssertRefused("is at 0 of");

        (code, printed) = _job.Run("reset", "--offsets-to-state", "--dry-run");
        Assert.True(code == 0 && printed.StartsWith("would set the offsets of group", StringComparison.Ordinal), printed);
        Assert.Equal(0, _job.Watch.Committed());
        (code, printed) = _job.Run("reset", "--offsets-to-state");
        Assert.True(code == 0 && printed.StartsWith("done: set the offsets of group", StringComparison.Ordinal), printed);
        Assert.Equal(committed, _job.Watch.Committed());
        _job.RunToEnd(Events);
        _job.AssertExact();
    }

    [Fact]
    public void A_changelog_that_was_deleted_is_refused_and_its_view_begins_anew()
    {
        _job.Produce(Events);
        _job.RunToEnd(Events);
        using IAdmin admin = kafka.Clients("reset-test").CreateAdmin();
        admin.DeleteTopic(Changelog, _timeout);
        string refusal = _job.Refusal();
        Assert.Contains($"changelog '{Changelog}' has no record of that", refusal, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --view user_sessions.", refusal, StringComparison.Ordinal);

        (int code, string printed) = _job.Run("reset", "--view", "user_sessions");
        Assert.True(code == 0 && printed.Contains("done: create changelog", StringComparison.Ordinal), printed);
        long before = _job.Verify().Found;
        _job.RunToEnd(Events);
        VerificationResult after = _job.Verify();
        Assert.Equal((before, 0), (after.Found, after.Duplicated)); // only open windows are lost
    }

    [Fact]
    public async Task A_reset_of_everything_computes_and_emits_everything_again()
    {
        _job.Produce(Events);
        _job.RunToEnd(Events);
        long found = _job.Verify().Found;
        Assert.InRange(found, 1_000, long.MaxValue);

        // The source grows, and keys move with it: that needs everything anew.
        using (IAdminClient kafkas = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = kafka.BootstrapServers }).Build())
        {
            await kafkas.CreatePartitionsAsync([new PartitionsSpecification { Topic = _job.SourceTopic, IncreaseTo = 6 }]);
        }

        string refusal = _job.Refusal();
        Assert.Contains($"Changelog '{Changelog}' has 4 partitions and its source has 6", refusal, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset.", refusal, StringComparison.Ordinal);

        (int code, string printed) = _job.Run("reset");
        Assert.True(code == 0, printed);
        Assert.Contains($"done: delete changelog '{Changelog}'", printed, StringComparison.Ordinal);
        Assert.Contains("emits their results again", printed, StringComparison.Ordinal);
        Assert.Equal(0, _job.Watch.Committed());
        using (IAdmin admin = kafka.Clients("reset-test").CreateAdmin())
        {
            Assert.Null(admin.PartitionCount(Changelog, _timeout));
        }

        _job.RunToEnd(Events);
        Assert.Equal(2 * found, _job.Verify().Found);
        (code, printed) = _job.Run("reset", "--view", "other");
        Assert.Equal(1, code);
        Assert.Contains("There is no view 'other'", printed, StringComparison.Ordinal);
    }

    public void Dispose() => _job.Dispose();

    private void AssertRefused(string why)
    {
        string refusal = _job.Refusal();
        Assert.Contains(why, refusal, StringComparison.Ordinal);
        Assert.Contains("feature-pipeline reset --offsets-to-state", refusal, StringComparison.Ordinal);
    }
}
