namespace FeaturePipeline.Avro.Registry;

/// <summary>A setting of a registry that can't be used.</summary>
/// <param name="key">Full configuration key.</param>
/// <param name="reason">What is wrong, and the remedy. Never a secret's value.</param>
/// <param name="inner">What the setting was refused with.</param>
internal sealed class RegistryOptionException(string key, string reason, Exception? inner = null) : ArgumentException($"{key}: {reason}", inner)
{
    /// <summary>The key and the reason.</summary>
    public RegistryOptionError Error { get; } = new(key, reason);
}
