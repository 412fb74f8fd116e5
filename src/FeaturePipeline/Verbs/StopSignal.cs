using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FeaturePipeline.Verbs;

/// <summary>SIGINT (Ctrl-C) and SIGTERM as a token. A second signal ends the process at once, as if nobody listened.</summary>
/// <remarks>
/// One that comes right after the first is the same wish told twice: to the process and, by whoever stops a process group, through its parent.
/// </remarks>
internal sealed class StopSignal : IDisposable
{
    private static readonly TimeSpan s_sameWish = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private long _signalledAt;

    /// <summary>Listens from now on.</summary>
    /// <param name="also">Another reason to stop.</param>
    public StopSignal(CancellationToken also = default)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(also);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Stops as a signal would.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (Interlocked.CompareExchange(ref _signalledAt, Stopwatch.GetTimestamp(), 0) is not 0 and var first)
        {
            context.Cancel = Stopwatch.GetElapsedTime(first) < s_sameWish;
            return;
        }

        context.Cancel = true;
        _stop.Cancel();
    }
}
