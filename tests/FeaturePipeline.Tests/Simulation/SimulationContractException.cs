namespace FeaturePipeline.Tests.Simulation;

/// <summary>A client was used against its contract: a mistake of the caller, never a fault of the broker. It fails the test.</summary>
internal sealed class SimulationContractException(string message) : Exception(message);
