using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>The process died in the middle of a call. Nothing may catch it to go on: the process does not exist any more.</summary>
internal sealed class SimulatedCrashException(string message) : Exception(message);

/// <summary>The clients of one process. The process can freeze (heartbeats stop) and crash (nothing is cleaned up).</summary>
internal sealed class SimulatedClients(SimulatedBroker broker, string groupId, string name) : IStreamsClients
{
    /// <summary>Where clients are created and live.</summary>
    public SimulatedBroker Broker { get; } = broker;

    /// <summary>Group of <see cref="CreateConsumer"/>.</summary>
    public string GroupId { get; } = groupId;

    /// <summary>The process, for logs.</summary>
    public string Name { get; } = name;

    /// <summary>Every client stopped at once; each further call throws.</summary>
    public bool IsCrashed { get; private set; }

    /// <summary>Neither heartbeats nor background sending happen.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Whether background work runs.</summary>
    public bool IsRunning => !IsCrashed && !IsFrozen;

    /// <summary>Probability that the process dies before or after any one call, while faults are on.</summary>
    public double CrashProbability { get; set; }

    /// <summary>Called before and after calls with <see cref="PreemptProbability"/>: lets the test run other processes in between.</summary>
    public Action<SimulatedClients>? Preempt { get; set; }

    public double PreemptProbability { get; set; }

    public void Crash()
    {
        Broker.Faults.Record(FaultKind.Crash, Name);
        IsCrashed = true;
    }

    public void Freeze()
    {
        Broker.Faults.Record(FaultKind.Freeze, Name);
        IsFrozen = true;
    }

    public void Thaw()
    {
        Broker.Faults.Note($"{Name} goes on");
        IsFrozen = false;
    }

    public IStreamsConsumer CreateConsumer(string clientId) => new SimulatedConsumer(this, clientId, GroupId);

    public IStreamsConsumer CreateRestoreConsumer(string clientId) => new SimulatedConsumer(this, clientId, null);

    public IStreamsProducer CreateProducer(string clientId, string? transactionalId) => transactionalId is null
        ? new SimulatedProducer(this, clientId)
        : new SimulatedTransactionalProducer(this, clientId, transactionalId);

    public IAdmin CreateAdmin() => new SimulatedAdmin(this);

    /// <summary>Every call starts here: the process may be dead, die now, or have to wait for its time slice.</summary>
    public void Enter(string call)
    {
        if (--Broker.CallsLeft < 0)
        {
            throw new SimulationContractException($"{Name}: {call}: more than {SimulatedBroker.CallsMax} calls in one turn, a loop without end.");
        }

        Interrupt($"before {call}");
        Broker.Tick();
    }

    /// <summary>Every call that changes something ends here.</summary>
    public void Leave(string call) => Interrupt($"after {call}");

    private void Interrupt(string where)
    {
        ThrowIfStopped(where);
        if (Broker.Faults.Enabled && CrashProbability > 0 && Broker.Faults.Chance(CrashProbability))
        {
            Broker.Faults.Note($"{Name} dies {where}");
            Crash();
            ThrowIfStopped(where);
        }

        if (Preempt is not null && Broker.Faults.Enabled && Broker.Faults.Chance(PreemptProbability))
        {
            Broker.Faults.Note($"{Name} is preempted {where}");
            Preempt(this);
            ThrowIfStopped(where);
        }
    }

    private void ThrowIfStopped(string where)
    {
        if (IsCrashed)
        {
            throw new SimulatedCrashException($"{Name} crashed {where}.");
        }

        if (IsFrozen)
        {
            throw new SimulationContractException($"{Name}: a call {where} while the process is frozen.");
        }
    }
}
