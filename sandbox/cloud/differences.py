"""Where ministack 1.5.33 differs from AWS so that a right template would not run on it.

What can be is made the same, on the deployed stack here or in `launch`; the template stays as AWS wants it.
"""

from sandbox.cloud.ministack import Cloud


def number_concurrency(cloud: Cloud) -> None:
    """A MaximumConcurrency that comes from a parameter stays text, and the mapping then polls nothing."""
    functions = cloud.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            scaling = {"MaximumConcurrency": int(limit)}
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)
