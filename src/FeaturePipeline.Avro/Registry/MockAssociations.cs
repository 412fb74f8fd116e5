using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Which subjects belong to which topics, for a registry in memory. Not safe for threads: its owner locks.</summary>
internal sealed class MockAssociations
{
    private readonly List<Association> _all = [];

    /// <summary>The associations that match; null and, for the namespace, '-' match all.</summary>
    public List<Association> Find(
        string resourceName, string resourceNamespace, string? resourceType, List<string>? types, string? lifecycle, int offset, int limit) =>
    [
        .. _all
            .Where(one => one.ResourceName == resourceName
                && (resourceNamespace == AssociatedNameStrategy.NamespaceWildcard || one.ResourceNamespace == resourceNamespace)
                && (resourceType is null || one.ResourceType == resourceType)
                && Has(types, one)
                && (lifecycle is null || one.Lifecycle == lifecycle))
            .Skip(offset)
            .Take(limit < 0 ? int.MaxValue : limit),
    ];

    /// <summary>Adds what is asked for, in the place of what was there.</summary>
    public AssociationResponse Add(AssociationCreateOrUpdateRequest request)
    {
        foreach (AssociationCreateOrUpdateInfo info in request.Associations)
        {
            _ = _all.RemoveAll(one => one.ResourceId == request.ResourceId && one.AssociationType == info.AssociationType);
            _all.Add(new Association(
                info.Subject,
                Guid.NewGuid().ToString("D"),
                request.ResourceName,
                request.ResourceNamespace,
                request.ResourceId,
                request.ResourceType,
                info.AssociationType,
                info.Lifecycle,
                info.Frozen ?? false));
        }

        return new AssociationResponse(
            request.ResourceName, request.ResourceNamespace, request.ResourceId, request.ResourceType,
            [
                .. request.Associations.Select(static info =>
                    new AssociationInfo(info.Subject, info.AssociationType, info.Lifecycle, info.Frozen ?? false, info.Schema)),
            ]);
    }

    /// <summary>Deletes the associations of a resource; null types are all.</summary>
    public void Delete(string resourceId, string? resourceType, List<string>? types) => _ = _all.RemoveAll(one =>
        one.ResourceId == resourceId && (resourceType is null || one.ResourceType == resourceType) && Has(types, one));

    private static bool Has(List<string>? types, Association one) => types is not { Count: > 0 } || types.Contains(one.AssociationType);
}
