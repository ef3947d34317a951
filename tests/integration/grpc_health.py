"""grpc.health.v1 by hand: a Check needs one string in and one enum out."""

STATUS = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}


def check(channel, service, timeout=10):
    """The serving status of `service`, as a word."""
    call = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=None,
                               response_deserializer=None)
    name = service.encode()
    request = b"\x0a" + bytes([len(name)]) + name if name else b""
    response = call(request, timeout=timeout)
    return STATUS[response[1] if len(response) > 1 else 0]
