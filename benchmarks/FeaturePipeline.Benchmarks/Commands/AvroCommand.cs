using System.Globalization;
using Confluent.SchemaRegistry;
using Apache = global::Avro.Generic;

namespace FeaturePipeline.Benchmarks.Commands;

/// <summary>
/// The Avro codecs side by side in one run and one table, then each target of the library with what was measured: met or not. Exit code 1 where an
/// allocation target is not met; times are for a reader to judge, because the machine may do other work.
/// </summary>
internal static class AvroCommand
{
    private const string Event = "user event, 56 bytes";
    private const string Wide = "wide, 40 fields";
    private const string Flat = "its 36 scalar fields";
    private const string Framed = "user event, framed";
    private const string FramedWide = "wide, framed";

    private const string Projected = "decode, projected";
    private const string Evolved = "decode, projected, older schema";
    private const string Class = "decode to a class";
    private const string ClassEvolved = "decode to a class, older schema";
    private const string Row = "encode from UTF-8";
    private const string Object = "encode an object";

    private const string Avrogen = "avrogen's class";
    private const string ApacheRecord = "Apache's generic record";

    private const string Confluents = "Confluent's serde";
    private const string Ours = "ours";
    private const string Floor = "hand-written floor";
    private const string Specific = "Apache specific";
    private const string Fastest = "Apache specific, fastest";
    private const string Generic = "Apache generic";
    private const string OursGeneric = "ours, generic record";

    internal static int Run(CommandOptions options)
    {
        long seconds = options.Number("seconds", 20);
        options.End();
        List<AvroContender> all = Contenders();
        int rounds = AvroTiming.Run(all, seconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds of short batches in turns; nanoseconds and bytes per record, .NET {Environment.Version}, {Environment.ProcessorCount} cores"));
        Console.WriteLine();
        Console.WriteLine("| record | path | codec | best ns | median ns | bytes |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (AvroContender one in all)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {one.Record} | {one.Path} | {one.Codec} | {one.Best:f1} | {one.Median:f1} | {one.Bytes:f0} |"));
        }

        Console.WriteLine();
        return new AvroTargets(all).Print(targets =>
        {
            foreach (string record in (string[])[Event, Wide])
            {
                targets.AtMost(record, Projected, Ours, 1.3, targets.Of(record, Projected, Floor), 10);
                targets.AtMost(record, Evolved, Ours, 1.3, targets.Of(record, Projected, Ours));
                targets.TimesFaster(record, Class, Ours, 3, Fastest);
                targets.AtMost(record, ClassEvolved, Ours, 1.3, targets.Of(record, Class, Ours));
                targets.Allocates(record, Projected, Ours, 0);
                targets.Allocates(record, Evolved, Ours, 0);
                targets.Allocates(record, Class, Ours, targets.Of(record, Class, Floor).Bytes);
                // The event's evolved class has one reference more; its default is one string for all.
                targets.Allocates(record, ClassEvolved, Ours, targets.Of(record, Class, Floor).Bytes + (record == Event ? IntPtr.Size : 0));
                targets.Allocates(record, Object, Ours, 0);
            }

            foreach (string record in (string[])[Event, Flat])
            {
                targets.AtMost(record, Row, Ours, 1.5, targets.Of(record, Row, Floor));
                targets.Allocates(record, Row, Ours, 0);
            }

            // Nothing but the object and its strings, and nothing but the message: 61 bytes in an array.
            targets.Allocates(Framed, Class, Ours, targets.Of(Event, Class, Floor).Bytes);
            targets.Allocates(Framed, Object, Ours, 88);
            foreach (string type in (string[])[Avrogen, ApacheRecord])
            {
                targets.TimesFaster(Framed, $"decode {type}", Ours, 15, Confluents);
                targets.TimesFaster(Framed, $"encode {type}", Ours, 10, Confluents);
            }

            // Confluent.Kafka takes bytes of their own and a Task: nothing else is made beside the object or the message.
            targets.Allocates(Framed, $"decode {Avrogen}", Ours, targets.Of(Event, Class, Floor).Bytes);
            targets.Allocates(Framed, $"encode {Avrogen}", Ours, 88);
        });
    }

    private static List<AvroContender> Contenders()
    {
        var decode = new AvroDecodeBenchmarks();
        var encode = new AvroEncodeBenchmarks();
        var wide = new AvroWideBenchmarks();
        var flat = new AvroFlatRowBenchmarks();
        var serde = new AvroSerdeBenchmarks();
        decode.Setup();
        encode.Setup();
        wide.Setup();
        flat.Setup();
        serde.Setup();
        return
        [
            .. Of(Event, AvroUserEvents.Count,
                (Projected, Floor, () => decode.HandWritten()), (Projected, Ours, () => decode.Projected()), (Evolved, Ours, () => decode.ProjectedEvolved()),
                (Class, Floor, () => decode.HandWrittenObject()), (Class, Ours, () => decode.Mapped()), (ClassEvolved, Ours, () => decode.MappedEvolved()),
                (Class, Fastest, () => decode.ApacheSpecificFastest()), (Class, Specific, () => decode.ApacheSpecific()),
                (Class, Generic, () => decode.ApacheGeneric()), (Class, OursGeneric, () => decode.Generic()),
                (Row, Floor, () => encode.HandWritten()), (Row, Ours, () => encode.Row()),
                (Object, Floor, () => encode.HandWrittenObject()), (Object, Ours, () => encode.Mapped()), (Object, Specific, () => encode.ApacheSpecific()),
                (Object, Generic, () => encode.ApacheGeneric())),
            .. Of(Wide, AvroWideBenchmarks.Count,
                (Projected, Floor, () => wide.HandProjected()), (Projected, Ours, () => wide.Projected()), (Evolved, Ours, () => wide.ProjectedEvolved()),
                (Class, Floor, () => wide.HandObject()), (Class, Ours, () => wide.Mapped()), (ClassEvolved, Ours, () => wide.MappedEvolved()),
                (Class, Fastest, () => wide.ApacheSpecificFastest()), (Class, Specific, () => wide.ApacheSpecific()),
                (Class, Generic, () => wide.ApacheGeneric()), (Class, OursGeneric, () => wide.Generic()),
                (Object, Floor, () => wide.HandEncode()), (Object, Ours, () => wide.MappedEncode()), (Object, Specific, () => wide.ApacheSpecificEncode()),
                (Object, Generic, () => wide.ApacheGenericEncode())),
            .. Of(Flat, AvroWideBenchmarks.Count, (Row, Floor, () => flat.HandWritten()), (Row, Ours, () => flat.Row())),
            .. Of(Framed, AvroUserEvents.Count,
                (Class, Ours, () => serde.DeserializeClass()), (Class, Specific, () => serde.ApacheDeserialize()),
                (Object, Ours, () => serde.SerializeClass()), (Object, Specific, () => serde.ApacheSerialize())),
            .. Serdes<com.company.events.UserEvent>(Framed, Avrogen, AvroUserEvents.Json, AvroUserEvents.Messages(), SubjectNameStrategy.Topic),
            .. Serdes<com.company.events.UserEvent>(Framed, $"{Avrogen}, default subjects", AvroUserEvents.Json, AvroUserEvents.Messages(), null),
            .. Serdes<Apache.GenericRecord>(Framed, ApacheRecord, AvroUserEvents.Json, AvroUserEvents.Messages(), SubjectNameStrategy.Topic),
            .. Serdes<com.company.wide.WideRecord>(FramedWide, Avrogen, com.company.wide.WideRecord.Json, wide.Messages, SubjectNameStrategy.Topic),
            .. Serdes<Apache.GenericRecord>(FramedWide, ApacheRecord, com.company.wide.WideRecord.Json, wide.Messages, SubjectNameStrategy.Topic),
        ];
    }

    private static IEnumerable<AvroContender> Serdes<T>(string record, string type, string json, byte[][] bodies, SubjectNameStrategy? strategy)
        where T : class
    {
        var (confluents, ours) = AvroDefaultSerde<T>.Both(json, bodies, strategy);
        return Of(record, bodies.Length,
            ($"decode {type}", Confluents, () => confluents.Decode()), ($"decode {type}", Ours, () => ours.Decode()),
            ($"decode {type}, async", Confluents, () => confluents.DecodeAsync()), ($"decode {type}, async", Ours, () => ours.DecodeAsync()),
            ($"encode {type}", Confluents, () => confluents.Encode()), ($"encode {type}", Ours, () => ours.Encode()),
            ($"encode {type}, async", Confluents, () => confluents.EncodeAsync()), ($"encode {type}, async", Ours, () => ours.EncodeAsync()));
    }

    private static IEnumerable<AvroContender> Of(string record, int perBatch, params (string Path, string Codec, Action Batch)[] codecs) =>
        codecs.Select(codec => new AvroContender(record, codec.Path, codec.Codec, perBatch, codec.Batch));
}
