namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>The C allocator of this process. librdkafka allocates each message, so it is the largest single lever.</summary>
internal static class Allocator
{
    /// <summary>Name of the preloaded library as the kernel maps it, or the C library's own.</summary>
    public static string Name
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return "system";
            }

            string? preloaded = File.ReadLines("/proc/self/maps")
                .Select(static line => Path.GetFileName(line[(line.LastIndexOf(' ') + 1)..]))
                .FirstOrDefault(static file => file.StartsWith("libmimalloc", StringComparison.Ordinal)
                    || file.StartsWith("libjemalloc", StringComparison.Ordinal) || file.StartsWith("libtcmalloc", StringComparison.Ordinal));
            return preloaded ?? (Environment.GetEnvironmentVariable("LD_PRELOAD") is { Length: > 0 } wanted
                ? $"libc (LD_PRELOAD={wanted} not found)" : "libc");
        }
    }
}
