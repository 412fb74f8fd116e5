// librdkafka's transactional calls may ignore their timeout: after the broker was away for longer than the session timeout,
// rd_kafka_send_offsets_to_transaction was seen waiting for ever on a broker that was back. So they run on a thread of their own.
// Invariant: once a call was given up, nothing else is called on its client; what it holds is freed when it returns, if ever.
using System.Runtime.ExceptionServices;

namespace FeaturePipeline.Kafka.Native;

/// <summary>Runs the blocking calls of one client one after the other, and gives one up that takes too long.</summary>
/// <param name="name">Of the client, for the thread's.</param>
/// <param name="discard">Frees what a call returned that nobody waits for any more.</param>
internal sealed class GuardedCalls(string name, Action<nint> discard) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly SemaphoreSlim _answered = new(0);
    private Thread? _thread;
    private Func<nint>? _call;
    private Action? _release;
    private nint _result;
    private ExceptionDispatchInfo? _failure;
    private bool _isBusy;
    private bool _isEnded;

    /// <summary>Whether a call was given up: the client is of no use any more.</summary>
    public bool IsGivenUp { get; private set; }

    /// <summary>Runs a call and waits for it.</summary>
    /// <param name="call">The call; never two at a time.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="result">What the call returned.</param>
    /// <returns>False when it took too long. What the call throws is thrown here.</returns>
    public bool TryRun(Func<nint> call, TimeSpan limit, out nint result)
    {
        result = 0;
        if (IsGivenUp)
        {
            return false;
        }

        if (_thread is null)
        {
            _thread = new Thread(Serve) { Name = $"{name}-calls", IsBackground = true };
            _thread.Start();
        }

        lock (_gate)
        {
            _call = call;
            _isBusy = true;
        }

        _asked.Release();
        if (!_answered.Wait(limit))
        {
            lock (_gate)
            {
                IsGivenUp = _isBusy;
            }

            if (IsGivenUp)
            {
                return false;
            }

            _answered.Wait(); // it returned at the last moment
        }

        _failure?.Throw();
        result = _result;
        return true;
    }

    /// <summary>Frees what the calls need: now, or when the call that was given up returns.</summary>
    /// <param name="release">Frees the client.</param>
    public void Release(Action release)
    {
        lock (_gate)
        {
            if (_isBusy)
            {
                _release = release;
                return;
            }
        }

        release();
    }

    /// <summary>Ends the thread after the call that runs.</summary>
    public void Dispose()
    {
        _isEnded = true;
        if (_thread is null)
        {
            _asked.Dispose();
            _answered.Dispose();
            return;
        }

        _asked.Release();
    }

    private void Serve()
    {
        while (true)
        {
            _asked.Wait();
            if (_call is not { } call)
            {
                if (_isEnded)
                {
                    return;
                }

                continue;
            }

            _call = null;
            (_result, _failure) = (0, null);
            try
            {
                _result = call();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e); // the caller's, not this thread's
            }

            Action? release;
            bool isGivenUp;
            lock (_gate)
            {
                _isBusy = false;
                isGivenUp = IsGivenUp;
                release = _release;
            }

            if (isGivenUp && _result != 0)
            {
                discard(_result);
            }

            release?.Invoke();
            _answered.Release();
        }
    }
}
