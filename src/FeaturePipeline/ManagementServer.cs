using System.Net;
using FeaturePipeline.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FeaturePipeline;

/// <summary>Where the management endpoint listens.</summary>
internal static class ManagementServer
{
    /// <summary>Makes Kestrel listen as section Management says.</summary>
    /// <param name="kestrel">Kestrel.</param>
    /// <param name="management">Address and port.</param>
    public static void Listen(this KestrelServerOptions kestrel, ManagementOptions management)
    {
        kestrel.AddServerHeader = false;
        switch (management.Address)
        {
            case "*":
                kestrel.ListenAnyIP(management.Port);
                break;
            case "localhost":
                kestrel.Listen(IPAddress.Loopback, management.Port);
                break;
            default:
                kestrel.Listen(IPAddress.Parse(management.Address), management.Port);
                break;
        }
    }

    /// <summary>Starts the host; a port in use is told with the setting to change.</summary>
    /// <param name="app">The host.</param>
    /// <param name="management">Address and port.</param>
    /// <exception cref="IOException">The port is taken or may not be used.</exception>
    public static async Task StartManagementAsync(this WebApplication app, ManagementOptions management)
    {
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new IOException(
                $"The management endpoint can't listen on {management.Address}:{management.Port}: {e.Message} Set Management:Port to a free port (0 takes any).", e);
        }
    }
}
