// Transactional ids must be stable over restarts: with a stable one, InitTransactions ends at once what a killed process left open;
// with a random one it stays open until its time-out. Kafka Streams keeps its process id in the state directory for the same reason.
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Streams.Threads;

/// <summary>The stable name of this instance, locked for the life of the process.</summary>
internal sealed class InstanceIdentity : IDisposable
{
    private const int SlotsMax = 1024;

    private readonly FileStream? _lock;

    private InstanceIdentity(string id, string? directory, FileStream? fileLock)
    {
        Id = id;
        Directory = directory;
        _lock = fileLock;
    }

    /// <summary>The name; part of the transactional ids.</summary>
    public string Id { get; }

    /// <summary>The instance's folder; null when the name was given.</summary>
    public string? Directory { get; }

    /// <summary>
    /// Takes the configured name, or the first free slot of the state directory: two workers that share the directory take two
    /// slots, and a worker that starts again after a crash takes its old one, because the operating system freed the lock.
    /// </summary>
    /// <exception cref="StreamsException">The directory can't be written.</exception>
    public static InstanceIdentity Acquire(StreamsOptions options)
    {
        if (options.InstanceId is { Length: > 0 } name)
        {
            return new InstanceIdentity(name, directory: null, fileLock: null);
        }

        string root = Path.GetFullPath(Path.Combine(options.StateDirectory, options.ApplicationId));
        try
        {
            for (int slot = 0; slot < SlotsMax; slot++)
            {
                string directory = Path.Combine(root, FormattableString.Invariant($"{slot}"));
                System.IO.Directory.CreateDirectory(directory);
                if (TryLock(Path.Combine(directory, "lock")) is { } fileLock)
                {
                    return new InstanceIdentity(ReadOrCreateId(Path.Combine(directory, "instance-id")), directory, fileLock);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StreamsException($"The state directory '{root}' can't be used: {e.Message} Set Streams:StateDirectory to a writable folder.", e);
        }

        throw new StreamsException($"All {SlotsMax} slots of the state directory '{root}' are locked. Set Streams:StateDirectory or Streams:InstanceId.");
    }

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private static string ReadOrCreateId(string path)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } id)
        {
            return id;
        }

        id = Guid.NewGuid().ToString("N");
        string part = path + ".part";
        File.WriteAllText(part, id);
        File.Move(part, path, overwrite: true);
        return id;
    }
}
