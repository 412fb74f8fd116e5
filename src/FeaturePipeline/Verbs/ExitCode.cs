namespace FeaturePipeline.Verbs;

/// <summary>Exit codes of the program.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It failed at run time.</summary>
    public const int Failure = 1;

    /// <summary>Bad usage or configuration: the same command will fail again.</summary>
    public const int Usage = 2;
}
