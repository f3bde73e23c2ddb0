"""The names of metrics, which alarms, the dashboard and docs/watch rely on.

Plain constants: an enumeration of them would take 0.004 of the start of `notice`.
"""


class CallbackMetric:
    """What the callback writes. Each request is counted as received, and by its response."""

    RECEIVED = "Received"
    HANDSHAKES = "Handshakes"
    PUBLISHED = "Published"
    REPEATED = "Repeated"
    EMPTY = "Empty"
    FORBIDDEN = "Forbidden"
    NOT_CHECKED = "TokenNotChecked"
    IN_PROGRESS = "Busy"
    FAILED = "Failed"
    UNCLASSIFIED = "Unclassified"
    CONTENT_MISMATCH = "ContentMismatch"
    SAME_ID_OTHER_CONTENT = "SameIdOtherContent"
    OTHER_FIELDS_DIFFER = "OtherFieldsDiffer"
    REPAIRED = "Repaired"
    LATENCY = "Latency"
    END_TO_END_LATENCY = "EndToEndLatency"


class NoticeMetric:
    """What the notice function writes, of each invocation in which something happened."""

    PRODUCE_CALLS = "ProduceCalls"
    BATCH_SIZE = "BatchSize"
    HALVINGS = "Halvings"
    NOTICES_ACCEPTED = "NoticesAccepted"
    NOTICES_REJECTED = "NoticesRejected"
    NOTICES_DEFERRED = "NoticesDeferred"
    CONFIGURATION_FAULT = "ConfigurationFault"
    OUTCOMES_PUT_OFF = "OutcomesPutOff"
    END_TO_END_LATENCY = "EndToEndLatency"
    DEFERRED_AGE = "DeferredAge"


class RecoveryMetric:
    """What the recovery function writes, of sweeps and of replays."""

    PENDING_EVENTS = "PendingEvents"
    PENDING_AGE = "PendingAge"
    RECOVERED = "Recovered"
    SET_ASIDE = "SetAside"
    END_TO_END_LATENCY = "EndToEndLatency"
    REPLAYED = "Replayed"


class GatewayMetric:
    """What the gateway function writes, of the failed list."""

    FAILED_CALLBACKS = "FailedCallbacks"
    UNREADABLE_CALLBACKS = "UnreadableCallbacks"
    RETRIED_CALLBACKS = "RetriedCallbacks"
    REMAINING_CALLBACKS = "RemainingCallbacks"
