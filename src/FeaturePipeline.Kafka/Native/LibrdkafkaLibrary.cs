using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace FeaturePipeline.Kafka.Native;

/// <summary>Finds the librdkafka that Confluent.Kafka loaded: a second copy would not know its handles.</summary>
/// <remarks>
/// Confluent.Kafka chooses among several builds by what the machine has (no libsasl2.so.3: the centos8 build), so the
/// file is not known before it has loaded one.
/// </remarks>
internal static class LibrdkafkaLibrary
{
    internal const string ImportName = "librdkafka-of-confluent";

    private static readonly Lazy<nint> s_handle = new(Find);

    /// <summary>Full path of the file in use, or null where the system does not tell.</summary>
    internal static string? LoadedPath
    {
        get
        {
            _ = Library.Version;
            return LoadedPaths().FirstOrDefault();
        }
    }

    internal static void Register() => NativeLibrary.SetDllImportResolver(
        typeof(LibrdkafkaLibrary).Assembly,
        static (name, _, _) => name == ImportName ? s_handle.Value : 0);

    private static nint Find()
    {
        _ = Library.Version; // makes Confluent.Kafka load its library
        foreach (string path in LoadedPaths())
        {
            // dlopen and LoadLibrary return the module that is already there for the same file.
            if (NativeLibrary.TryLoad(path, out nint handle) && NativeLibrary.TryGetExport(handle, "rd_kafka_produceva", out _))
            {
                return handle;
            }
        }

        // Where modules can't be listed (macOS) there is one build only: the import's own search finds it again.
        if (NativeLibrary.TryLoad("librdkafka", typeof(Library).Assembly, searchPath: null, out nint found))
        {
            return found;
        }

        throw new DllNotFoundException(
            $"librdkafka {Library.VersionString} is in use by Confluent.Kafka, but its file was not found among the loaded "
            + "modules. Publish for the target's runtime identifier, so that librdkafka lies beside the program.");
    }

    private static IEnumerable<string> LoadedPaths()
    {
        if (OperatingSystem.IsLinux())
        {
            return File.ReadLines("/proc/self/maps")
                .Select(static line => line.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? line[at..] : "")
                .Where(IsLibrdkafka)
                .Distinct(StringComparer.Ordinal);
        }

        using Process process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>().Select(static module => module.FileName ?? "").Where(IsLibrdkafka).ToList();
    }

    private static bool IsLibrdkafka(string path)
    {
        string file = Path.GetFileName(path);
        return file.Contains("librdkafka", StringComparison.OrdinalIgnoreCase)
            && !file.Contains("cpp", StringComparison.OrdinalIgnoreCase)
            && (file.Contains(".so", StringComparison.Ordinal) || file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
                || file.EndsWith(".dylib", StringComparison.Ordinal));
    }
}

/// <summary>Reaches the native handle inside Confluent.Kafka's client.</summary>
internal static class ConfluentHandle
{
    /// <summary>Type and member of Confluent.Kafka 2.16 that hold the native handle; a unit test checks that they exist.</summary>
    internal const string HandleProperty = "LibrdkafkaHandle";
    internal const string SafeHandleType = "Confluent.Kafka.Impl.SafeKafkaHandle";

    /// <summary>The native rd_kafka_t* of a client. It lives as long as the client.</summary>
    /// <exception cref="NotSupportedException">This version of Confluent.Kafka keeps its handle elsewhere.</exception>
    internal static nint Of(IClient client)
    {
        try
        {
            return ((SafeHandle)LibrdkafkaHandle(client.Handle)).DangerousGetHandle();
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException or InvalidCastException)
        {
            throw new NotSupportedException(
                $"Confluent.Kafka {typeof(Library).Assembly.GetName().Version} has no Handle.{HandleProperty} of type "
                + $"{SafeHandleType}: the batch consumer needs it. Go back to the version in Directory.Packages.props, or adapt "
                + $"{nameof(ConfluentHandle)}.", e);
        }
    }

    /// <summary>The exception that Confluent.Kafka kept from inside a rebalance callback, because only its own Consume would throw it.</summary>
    internal static Exception? TakeHandlerException(object consumer)
    {
        ref Exception? held = ref HandlerException(consumer);
        Exception? taken = held;
        held = null;
        return taken;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_" + HandleProperty)]
    [return: UnsafeAccessorType(SafeHandleType + ", Confluent.Kafka")]
    private static extern object LibrdkafkaHandle(Handle handle);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "handlerException")]
    private static extern ref Exception? HandlerException(
        [UnsafeAccessorType("Confluent.Kafka.Consumer`2[[Confluent.Kafka.Ignore, Confluent.Kafka],[Confluent.Kafka.Ignore, Confluent.Kafka]], Confluent.Kafka")]
        object consumer);
}
