using Microsoft.Win32.SafeHandles;

namespace FeaturePipeline.Telemetry;

/// <summary>The reader of our standard output has gone (as <c>head</c> does): there is nothing left to do, and nothing wrong.</summary>
internal sealed class BrokenPipeException() : IOException("The reader of standard output has gone.");

/// <summary>Standard output whose broken pipe is an exception; .NET's own console stream swallows it and a verb would go on for nobody.</summary>
internal static class StandardOutput
{
    /// <summary>Opens a writer, UTF-8 without a byte-order mark, flushed at every write.</summary>
    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.Out;
        }

        try
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // A file is written by the console's stream: FileStream would not move the offset that the processes of a script share.
            return pipe.CanSeek ? Console.Out : new PipeWriter(pipe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.Out;
        }
    }

    private sealed class PipeWriter(Stream pipe) : TextWriter
    {
        private readonly Lock _gate = new();

        public override System.Text.Encoding Encoding { get; } = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine(string? value) => Write((value + CoreNewLineText).AsSpan());

        public override void Write(ReadOnlySpan<char> buffer)
        {
            byte[] bytes = new byte[Encoding.GetMaxByteCount(buffer.Length)];
            int length = Encoding.GetBytes(buffer, bytes);
            try
            {
                lock (_gate)
                {
                    pipe.Write(bytes, 0, length);
                }
            }
            catch (IOException)
            {
                throw new BrokenPipeException();
            }
        }

        private string CoreNewLineText => new(CoreNewLine);
    }
}
