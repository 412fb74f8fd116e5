using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Kafka;

/// <summary>Topic names by librdkafka's topic handle: one string instance a topic, no UTF-8 decoding per record.</summary>
/// <remarks>It holds a reference of each handle: an address can't come to mean another topic while it is cached.</remarks>
internal sealed class TopicNames(nint client) : IDisposable
{
    private readonly Dictionary<nint, string> _names = [];
    private readonly List<nint> _references = [];
    private nint _lastHandle;
    private string _lastName = "";

    public void Dispose()
    {
        foreach (nint reference in _references)
        {
            Librdkafka.TopicDestroy(reference);
        }

        _references.Clear();
        _names.Clear();
        _lastHandle = 0;
    }

    internal string Of(nint handle)
    {
        if (handle == _lastHandle)
        {
            return _lastName;
        }

        if (!_names.TryGetValue(handle, out string? name))
        {
            name = NativeText.Read(Librdkafka.TopicName(handle));
            _references.Add(Librdkafka.TopicNew(client, name, 0));
            _names.Add(handle, name);
        }

        _lastHandle = handle;
        _lastName = name;
        return name;
    }
}
