using System.Runtime.InteropServices;

namespace FeaturePipeline.Verbs;

/// <summary>SIGINT (Ctrl-C) and SIGTERM as a token. The second signal ends the process at once, as if nobody listened.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

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
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        context.Cancel = true;
        _stop.Cancel();
    }
}
