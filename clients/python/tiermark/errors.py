"""Errors that say why."""
from google.rpc import error_details_pb2, status_pb2


class TiermarkError(Exception):
    """A call that failed: `code` (grpc.StatusCode), `message`, `reason` (such as FACTS_MISSING),
    `field_violations` (pairs of path and description) and `retry_delay` (seconds, or None)."""

    def __init__(self, code, message, details=b""):
        self.code, self.message, self.reason = code, message, ""
        self.field_violations, self.retry_delay = [], None
        status = status_pb2.Status()
        status.ParseFromString(details)
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            request = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                self.reason = info.reason
            elif detail.Unpack(request):
                self.field_violations += [(v.field, v.description) for v in request.field_violations]
            elif detail.Unpack(retry):
                self.retry_delay = retry.retry_delay.ToTimedelta().total_seconds()
        fields = "".join(f"\n  {path}: {text}" for path, text in self.field_violations)
        super().__init__(f"{code.name} {self.reason}: {message}{fields}")

    @classmethod
    def of(cls, error):
        """From a grpc.RpcError, which streams raise as it is."""
        metadata = dict(error.trailing_metadata() or ())
        return cls(error.code(), error.details(), metadata.get("grpc-status-details-bin", b""))
