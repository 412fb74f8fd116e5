using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Apache;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Files;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Mapping;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Every reader and writer, the lists of nodes that they are given, and threads of any stack.</summary>
public partial class DepthLimitTests
{
    private static Dictionary<string, Func<byte[], DecodeErrorKind>> ReadersBy(int depthMax) => new(StringComparer.Ordinal)
    {
        ["generic"] = body => GenericReader.Compile(Chain, null, depthMax).TryRead(body, out _).Error,
        ["mapped"] = body => MappedReader<Node>.Compile(Chain, null, depthMax).TryRead(body, out _).Error,
        ["Apache's"] = body => ApacheReader.Compile(Chain, null, depthMax).TryRead(body, out _).Error,
        ["skipped by generic"] = body => GenericReader.Compile(Beside, Small, Math.Min(depthMax + 1, Highest)).TryRead([.. body, 0], out _).Error,
        ["skipped by mapped"] = body => MappedReader<Only>.Compile(Beside, null, Math.Min(depthMax + 1, Highest)).TryRead([.. body, 0], out _).Error,
        ["skipped by a projection"] = body =>
            ProjectedDecoder.Compile(Beside, Small, ["z"], null, Math.Min(depthMax + 1, Highest)).TryDecode([.. body, 0], new FieldValue[1]).Error,
        ["in a file"] = body => FromFile(body, depthMax, mapped: false),
        ["in a file, mapped"] = body => FromFile(body, depthMax, mapped: true),
        ["JSON"] = body => Json(body, depthMax),
    };

    private static Dictionary<string, Func<int, byte[]>> WritersBy(int depthMax) => new(StringComparer.Ordinal)
    {
        ["generic"] = count => Written(output => GenericWriter.Compile(Chain, depthMax).Write(GenericNodes(count), output)),
        ["mapped"] = count => Written(output => MappedWriter<Node>.Compile(Chain, depthMax).Write(MappedNodes(count), output)),
        ["mapped, into memory"] = count =>
        {
            var memory = new byte[2 * count];
            return memory[..MappedWriter<Node>.Compile(Chain, depthMax).Write(MappedNodes(count), memory)];
        },
        ["Apache's"] = count => Written(output => ApacheWriter.Compile(Chain, depthMax).Write(ApacheNodes(count), output)),
        ["in a file"] = count =>
        {
            using MemoryStream file = FileOf(count, depthMax);
            using var reader = AvroFileReader.Open(file);
            Assert.True(reader.TryReadBlock(out AvroFileBlock block));
            return block.Data.ToArray();
        },
    };

    // An id below 50, so that each is one byte, and the tag of the next node.
    private static byte[] Nodes(int count)
    {
        var body = new byte[2 * count];
        for (int i = 0; i < count; i++)
        {
            (body[2 * i], body[(2 * i) + 1]) = ((byte)(i % 50 * 2), i == count - 1 ? (byte)0 : (byte)2);
        }

        return body;
    }

    private static GenericRecord GenericNodes(int count)
    {
        GenericRecord? node = null;
        for (int i = count - 1; i >= 0; i--)
        {
            node = new GenericRecord((RecordSchema)Chain) { [0] = i % 50, [1] = node };
        }

        return node!;
    }

    private static Node MappedNodes(int count)
    {
        Node? node = null;
        for (int i = count - 1; i >= 0; i--)
        {
            node = new Node { Id = i % 50, Next = node };
        }

        return node!;
    }

    private static global::Avro.Generic.GenericRecord ApacheNodes(int count)
    {
        var schema = (global::Avro.RecordSchema)global::Avro.Schema.Parse(Chain.ToString());
        global::Avro.Generic.GenericRecord? node = null;
        for (int i = count - 1; i >= 0; i--)
        {
            var next = new global::Avro.Generic.GenericRecord(schema);
            next.Add("id", i % 50);
            next.Add("next", node);
            node = next;
        }

        return node!;
    }

    private static byte[] Written(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private static MemoryStream FileOf(int count, int depthMax)
    {
        var file = new MemoryStream();
        using (var writer = new AvroFileWriter(file, Chain, new AvroFileWriterOptions { LeaveOpen = true, DepthMax = depthMax }))
        {
            writer.Write(GenericNodes(count));
        }

        file.Position = 0;
        return file;
    }

    private static DecodeErrorKind FromFile(byte[] body, int depthMax, bool mapped)
    {
        using var file = new MemoryStream();
        using (var writer = new AvroFileWriter(file, Chain, new AvroFileWriterOptions { LeaveOpen = true }))
        {
            writer.WriteEncoded(body);
        }

        file.Position = 0;
        using var reader = AvroFileReader.Open(file, null, new AvroFileReaderOptions { DepthMax = depthMax });
        var broken = (AvroFileException?)Record.Exception(() => Assert.Single(mapped ? reader.Read<Node>() : reader.ReadGeneric()));
        return broken?.Decode.Error ?? DecodeErrorKind.None;
    }

    private static DecodeErrorKind Json(byte[] body, int depthMax, int jsonDepthMax = 0, AvroSchema? schema = null)
    {
        using var stream = new MemoryStream();
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { MaxDepth = jsonDepthMax });
        DecodeErrorKind error = AvroJson.Write(json, schema ?? Chain, body, depthMax).Error;
        json.Flush();
        Assert.Equal(error == DecodeErrorKind.None, stream.Length > 0);
        return error;
    }

    // With so many kilobytes of the stack taken that the question "is there room?" is asked at other places of the code.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Descend(int levels, Action action)
    {
        Span<byte> taken = stackalloc byte[levels == 0 ? 16 : 9_000];
        taken.Clear();
        if (levels == 0)
        {
            action();
        }
        else
        {
            Descend(levels - 1, action);
        }

        GC.KeepAlive(taken.Length);
    }

    private static void OnThread(int stackSize, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action), stackSize);
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    public sealed class Node
    {
        public int Id { get; set; }

        public Node? Next { get; set; }
    }

    public sealed class Only
    {
        public int Z { get; set; }
    }

    public sealed class Nested
    {
        public Nested? Next { get; set; }
    }

    public sealed class Wide
    {
        public decimal A0 { get; set; }

        public decimal A1 { get; set; }

        public decimal A2 { get; set; }

        public Guid B0 { get; set; }

        public Guid B1 { get; set; }

        public Guid B2 { get; set; }

        public DateTimeOffset C0 { get; set; }

        public DateTimeOffset C1 { get; set; }

        public DateTimeOffset? C2 { get; set; }

        public decimal? D0 { get; set; }

        public decimal? D1 { get; set; }

        public Guid? D2 { get; set; }

        public List<decimal> E0 { get; set; } = [];

        public Dictionary<string, Guid> E1 { get; set; } = [];

        public List<List<decimal?>> E2 { get; set; } = [];

        public Wide? Next { get; set; }
    }
}
