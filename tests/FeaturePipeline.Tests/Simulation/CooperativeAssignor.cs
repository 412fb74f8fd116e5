using FeaturePipeline.Streams.Clients;

namespace FeaturePipeline.Tests.Simulation;

/// <summary>Cooperative-sticky: balanced, owners keep what they can; what has to move is first given up, and assigned a generation later.</summary>
internal static class CooperativeAssignor
{
    /// <param name="members">Member ids in order, with the partitions that each owns.</param>
    /// <param name="partitions">All partitions, in order.</param>
    /// <param name="hasMoves">Whether a partition was withheld, so that another rebalance has to follow.</param>
    public static Dictionary<string, List<TopicPartition>> Assign(
        IReadOnlyList<(string Member, IReadOnlyCollection<TopicPartition> Owned)> members,
        IReadOnlyList<TopicPartition> partitions, out bool hasMoves)
    {
        var target = members.ToDictionary(m => m.Member, _ => new List<TopicPartition>(), StringComparer.Ordinal);
        var owner = new Dictionary<TopicPartition, string>();
        foreach ((string member, IReadOnlyCollection<TopicPartition> owned) in members)
        {
            foreach (TopicPartition partition in owned)
            {
                if (!owner.TryAdd(partition, member))
                {
                    throw new SimulationContractException($"{partition} is claimed by {owner[partition]} and {member}: two owners.");
                }
            }
        }

        int floor = partitions.Count / members.Count;
        int extra = partitions.Count % members.Count;
        var free = new List<TopicPartition>();
        foreach (TopicPartition partition in partitions)
        {
            if (owner.TryGetValue(partition, out string? sticky))
            {
                int quota = floor + (extra > 0 ? 1 : 0);
                if (target[sticky].Count < floor || (target[sticky].Count < quota && extra > 0))
                {
                    if (target[sticky].Count == floor)
                    {
                        extra--;
                    }

                    target[sticky].Add(partition);
                    continue;
                }
            }

            free.Add(partition);
        }

        hasMoves = false;
        foreach (TopicPartition partition in free)
        {
            string least = target.MinBy(t => (t.Value.Count, t.Key)).Key;
            target[least].Add(partition);
        }

        foreach ((string member, List<TopicPartition> assigned) in target)
        {
            hasMoves |= assigned.RemoveAll(p => owner.TryGetValue(p, out string? o) && o != member) > 0;
        }

        return target;
    }
}
