using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FeaturePipeline.IntegrationTests.Outages;

/// <summary>A command that runs a server of one test's own: what it is, and which port and folder it is told, say the environment variables.</summary>
internal sealed class ServerCommand
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly string _command;
    private readonly (string Name, string Value)[] _environment;

    /// <summary>Skips the test where the variable names no command.</summary>
    internal ServerCommand(string variable, string whatItRuns, params (string Name, string Value)[] environment)
    {
        string? command = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(command), $"{variable} is not set to a command that runs {whatItRuns}.");
        _command = command!;
        _environment = environment;
    }

    /// <summary>Runs it and returns what it prints.</summary>
    internal string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(_command, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Assert.True(process.WaitForExit(_patience) && process.ExitCode == 0, $"{_command} {string.Join(' ', arguments)} failed.");
        return output.GetAwaiter().GetResult();
    }

    /// <summary>The first of some free ports in a row, below the range of ports that the system gives to connections.</summary>
    internal static int FreePort(int count)
    {
        for (int tries = 0; tries < 100; tries++)
        {
            int port = Random.Shared.Next(15_000, 30_000);
            if (Enumerable.Range(port, count).All(IsFree))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"No {count} free ports in a row.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
