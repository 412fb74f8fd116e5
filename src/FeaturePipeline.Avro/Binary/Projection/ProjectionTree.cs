namespace FeaturePipeline.Avro.Binary.Projection;

/// <summary>The wanted fields as a tree: a leaf has slots, a record has children by field name.</summary>
internal sealed class ProjectionTree
{
    private readonly Dictionary<string, ProjectionTree> _children = new(StringComparer.Ordinal);
    private readonly List<int> _slots = [];

    internal IReadOnlyList<int> Slots => _slots;

    internal static ProjectionTree Of(IReadOnlyList<string> paths)
    {
        var root = new ProjectionTree();
        for (int i = 0; i < paths.Count; i++)
        {
            ProjectionTree tree = root;
            foreach (string part in paths[i].Split('.'))
            {
                if (!tree._children.TryGetValue(part, out ProjectionTree? child))
                {
                    tree._children.Add(part, child = new ProjectionTree());
                }

                tree = child;
            }

            tree._slots.Add(i);
        }

        return root;
    }

    internal ProjectionTree? Child(string name) => _children.GetValueOrDefault(name);

    /// <summary>All slots of this tree, which is as deep as the longest path has parts.</summary>
    internal List<int> AllSlots()
    {
        var slots = new List<int>();
        var open = new Stack<ProjectionTree>([this]);
        while (open.TryPop(out ProjectionTree? tree))
        {
            slots.AddRange(tree._slots);
            foreach (ProjectionTree child in tree._children.Values)
            {
                open.Push(child);
            }
        }

        return slots;
    }
}
