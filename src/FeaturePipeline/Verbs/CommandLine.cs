using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Telemetry;

namespace FeaturePipeline.Verbs;

/// <summary>The command line: verbs, and how their outcome becomes an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="args">Arguments; none means the verb run.</param>
    /// <param name="output">Where data goes.</param>
    /// <param name="error">Where errors go, one line each.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ParseResult result = CreateRoot().Parse(args);
        if (result.Errors.Count > 0 && result.Action is not HelpAction)
        {
            foreach (string message in UsageErrors.Of(result))
            {
                await error.WriteLineAsync($"error: {message}");
            }

            return ExitCode.Usage;
        }

        // Signals are the verbs' own business: a worker needs longer than System.CommandLine's two seconds to commit and leave.
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await result.InvokeAsync(invocation);
        }
        catch (ConfigurationMistakesException e)
        {
            foreach (ConfigurationMistake mistake in e.Mistakes)
            {
                await error.WriteLineAsync($"error: {mistake}");
            }

            return ExitCode.Usage;
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync($"error: {e.Message}");
            return ExitCode.Usage;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Success;
        }
        catch (Exception e) when (Failure.IsExpected(e))
        {
            await error.WriteLineAsync($"error: {Failure.OneLine(e)}");
            return ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            // A signal while something was waited for.
            return ExitCode.Failure;
        }
        catch (Exception e)
        {
            // A defect: the stack trace follows, for whoever mends it.
            await error.WriteLineAsync($"error: defect: {Failure.OneLine(e)}");
            await error.WriteLineAsync(e.ToString());
            return ExitCode.Failure;
        }
    }

    /// <summary>The whole command tree.</summary>
    public static RootCommand CreateRoot()
    {
        var common = new CommonOptions();
        var root = new RootCommand("Computes machine-learning features from a topic of user events, exactly once. Without a verb: run.")
        {
            common.Environment, common.Set, common.Config,
        };
        root.Add(RunVerb.Create(common));
        root.Add(DemoVerb.Create(common));
        root.Add(ProduceVerb.Create(common));
        root.Add(ConsumeVerb.Create(common));
        root.Add(DescribeVerb.Create(common));
        root.Add(ValidateVerb.Create(common));
        root.Add(ResetVerb.Create(common));
        root.Add(HealthcheckVerb.Create(common));
        root.SetAction((result, cancel) => RunVerb.RunAsync(common.Sources(result), cancel));
        return root;
    }
}
