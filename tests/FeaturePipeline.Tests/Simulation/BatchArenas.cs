namespace FeaturePipeline.Tests.Simulation;

// Memory of batches: two arenas in turn, so that whoever reads a batch after its release sees other bytes soon.
internal sealed class BatchArenas(SimulatedBroker broker)
{
    private readonly byte[][] _arenas = [[], []];
    private int _current;

    public byte[] Take(int bytes)
    {
        _current ^= 1;
        if (_arenas[_current].Length < bytes)
        {
            _arenas[_current] = broker.AllocateArena(Math.Max(4_096, bytes * 2));
        }

        return _arenas[_current];
    }
}
