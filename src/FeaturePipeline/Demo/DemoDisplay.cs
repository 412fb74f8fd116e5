using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FeaturePipeline.Demo;

/// <summary>The demo for a terminal: figures, and the latest features as they close.</summary>
internal sealed class DemoDisplay
{
    private const int RowsShown = 12;
    private static readonly TimeSpan s_refreshEvery = TimeSpan.FromMilliseconds(200);

    private readonly Queue<string[]> _rows = new();
    private string[] _columns = ["key"];
    private TimeSpan _lastShown = TimeSpan.Zero;
    private DemoMoment? _rateFrom;
    private double _rate;

    /// <summary>Takes a moment in.</summary>
    /// <param name="moment">What is new.</param>
    /// <returns>What to show, or null when it is too early for a refresh.</returns>
    public IRenderable? Update(DemoMoment moment)
    {
        foreach (string line in moment.NewLines)
        {
            AddRow(line);
        }

        _rateFrom ??= moment;
        if (moment.Elapsed - _rateFrom.Elapsed >= TimeSpan.FromSeconds(1))
        {
            _rate = (moment.Events - _rateFrom.Events) / (moment.Elapsed - _rateFrom.Elapsed).TotalSeconds;
            _rateFrom = moment;
        }

        if (moment.Elapsed - _lastShown < s_refreshEvery)
        {
            return null;
        }

        _lastShown = moment.Elapsed;
        return Render(moment);
    }

    private Rows Render(DemoMoment moment)
    {
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"[bold]{_rate:0}[/] events/s   [bold]{moment.OpenSessions}[/] open sessions   [bold]{moment.Features}[/] session features   {moment.Elapsed:mm\\:ss}   [dim]Ctrl-C ends[/]");
        var table = new Table().Border(TableBorder.Rounded).Expand();
        foreach (string column in _columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        foreach (string[] row in _rows.Where(row => row.Length == _columns.Length))
        {
            table.AddRow(row.Select(Markup.Escape).ToArray());
        }

        return new Rows(new Markup(figures), table);
    }

    private void AddRow(string line)
    {
        using var document = JsonDocument.Parse(line);
        if (document.RootElement.GetProperty("value") is not { ValueKind: JsonValueKind.Object } value)
        {
            return;
        }

        // Times are left out: there are better uses for the width of a terminal.
        JsonProperty[] fields = [.. value.EnumerateObject().Where(field => !field.Name.EndsWith("_timestamp", StringComparison.Ordinal) && field.Name is not ("window_start" or "window_end"))];
        _columns = [.. fields.Select(field => field.Name)];
        _rows.Enqueue([.. fields.Select(field => Text(field.Value))]);
        while (_rows.Count > RowsShown)
        {
            _ = _rows.Dequeue();
        }
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number when value.TryGetInt64(out long whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.GetDouble().ToString("0.###", CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };
}
