using FeaturePipeline.Streams;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Threads;

namespace FeaturePipeline.Tests.Streams.Threads;

public sealed class InstanceIdentityTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("identity").FullName;

    private StreamsOptions Options => new() { ApplicationId = "app", StateDirectory = _directory };

    [Fact]
    public void A_restarted_instance_keeps_its_id()
    {
        string first;
        using (InstanceIdentity identity = InstanceIdentity.Acquire(Options))
        {
            first = identity.Id;
        }

        using InstanceIdentity again = InstanceIdentity.Acquire(Options);
        Assert.Equal(first, again.Id);
    }

    [Fact]
    public void Two_instances_of_one_directory_have_different_ids()
    {
        using InstanceIdentity first = InstanceIdentity.Acquire(Options);
        using InstanceIdentity second = InstanceIdentity.Acquire(Options);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public void A_configured_id_needs_no_directory()
    {
        using InstanceIdentity identity = InstanceIdentity.Acquire(Options with { InstanceId = "pod-0", StateDirectory = "/dev/null/none" });
        Assert.Equal("pod-0", identity.Id);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_an_error_with_the_remedy()
    {
        StreamsException e = Assert.Throws<StreamsException>(() => InstanceIdentity.Acquire(Options with { StateDirectory = "/dev/null/none" }));
        Assert.Contains("Streams:StateDirectory", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
