"""AWS Lambda handlers `handler(event, context)`, and SeBS's `handler(event)`; both live on JSON."""

import sys
import time

import posix
from instar import BadRequest, load

_replies = load("replies")
_documents = load("documents")
_query_pairs = None
_BINARY = ("image/", "audio/", "video/", "font/", "application/octet-stream", "application/zip", "application/gzip",
           "application/pdf", "application/x-protobuf", "multipart/")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Identity:
    """Who called through a mobile SDK; nobody does here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class LambdaContext:
    """Lambda's context object."""

    def __init__(self, settings, request_id, deadline):
        self.aws_request_id = request_id
        self.function_name = settings.get("function", "")
        self.function_version = settings.get("version", "") or "$LATEST"
        self.memory_limit_in_mb = settings.get("memory-mib", "128")
        self.invoked_function_arn = arn(settings)
        self.log_group_name = "/aws/lambda/" + self.function_name
        self.log_stream_name = settings.get("instance", "")
        self.client_context = None
        self.identity = Identity
        self._deadline = deadline

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        print(message)


def arn(settings):
    """A name in the form clients parse; its account is the namespace."""
    return "arn:aws:lambda:local:" + settings.get("namespace", "") + ":function:" + settings.get("function", "")


def set_environment(name, value):
    """Sets a variable for the handler and for its children, whether os was imported already or not."""
    os = sys.modules.get("os")
    if os is not None:
        os.environ[name] = value
    else:
        posix.putenv(name, value)
        posix.environ[name.encode()] = value.encode()


def set_lambda_environment(settings, handler):
    """The variables Lambda's own runtimes set."""
    for name, value in (
        ("AWS_LAMBDA_FUNCTION_NAME", settings.get("function", "")),
        ("AWS_LAMBDA_FUNCTION_VERSION", settings.get("version", "") or "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.get("memory-mib", "128")),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + settings.get("function", "")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", settings.get("instance", "")),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start" if "template" in settings else "on-demand"),
        ("LAMBDA_TASK_ROOT", posix.getcwd()),
        ("_HANDLER", handler),
    ):
        set_environment(name, value)


def responder(settings, convention, function, count, name):
    """What answers a request with this handler."""
    if convention == "lambda":
        settings["handler"] = name
        set_lambda_environment(settings, name)

    def invoke(event, head):
        if count >= 2:
            return function(event, LambdaContext(settings, head[0], int(head[5])))
        return function(event)

    def document(head, body):
        result = invoke(json_event(head, body), head)
        return _replies.JSON, _replies.json_bytes(result)

    def either(head, body):
        if head[6] == "http":
            return http_reply(invoke(http_event(head, body), head))
        return document(head, body)

    def sebs(head, body):
        result = invoke(json_event(head, body), head)
        if type(result) is bytes:
            return _replies.BINARY, result
        return _replies.JSON, _replies.json_bytes(result)

    return either if convention == "lambda" else sebs


def json_event(head, body):
    """The body as JSON; without a body, the query's parameters."""
    if not body:
        return dict(query_pairs(head[3]))
    try:
        return _documents.loads(body.decode())
    except ValueError as error:
        raise BadRequest("the request body is not JSON: %s" % error) from None


def query_pairs(query):
    global _query_pairs
    if not query:
        return ()
    if _query_pairs is None:
        _query_pairs = load("openfaas").query_pairs
    return _query_pairs(query)


def http_event(head, body):
    """The event of an HTTP request, payload format 2.0."""
    call_id, method, path, query, address = head[:5]
    headers = {}
    cookies = []
    for name, value in zip(head[7::2], head[8::2]):
        name = name.lower()
        if name == "cookie":
            cookies.extend(part.strip() for part in value.split(";"))
        else:
            headers[name] = headers[name] + "," + value if name in headers else value
    now = time.time()
    moment = time.gmtime(now)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "instar",
            "domainName": headers.get("host", ""),
            "domainPrefix": headers.get("host", "").partition(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": call_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": "%02d/%s/%d:%02d:%02d:%02d +0000"
            % (moment[2], _MONTHS[moment[1] - 1], moment[0], moment[3], moment[4], moment[5]),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        parameters = event["queryStringParameters"] = {}
        for name, value in query_pairs(query):
            parameters[name] = parameters[name] + "," + value if name in parameters else value
    if body:
        event["body"], event["isBase64Encoded"] = body_text(headers, body)
    return event


def body_text(headers, body):
    """A body as a string, and whether base64 was needed for it."""
    if not headers.get("content-type", "").lower().startswith(_BINARY) and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    import binascii

    return binascii.b2a_base64(body, newline=False).decode(), True


def http_reply(result):
    """The reply to an HTTP request: {statusCode, headers, cookies, body, isBase64Encoded}, or a bare value."""
    if not isinstance(result, dict) or "statusCode" not in result:
        if type(result) is str:
            return _replies.JSON, result.encode()
        return _replies.JSON, _replies.json_bytes(result)
    parts = [_replies.status_text(result["statusCode"])]
    for name, value in (result.get("headers") or {}).items():
        parts += (str(name), header_text(value))
    for name, values in (result.get("multiValueHeaders") or {}).items():
        for value in values:
            parts += (str(name), header_text(value))
    for cookie in result.get("cookies") or ():
        parts += ("set-cookie", str(cookie))
    body = result.get("body")
    if body is None:
        return _replies.joined(parts), b""
    if result.get("isBase64Encoded"):
        import binascii

        payload = binascii.a2b_base64(body)
    elif isinstance(body, str):
        payload = body.encode("utf-8", "surrogateescape")
    else:
        payload = bytes(body) if isinstance(body, (bytes, bytearray)) else _replies.json_bytes(body)
    if not any(name.lower() == "content-type" for name in parts[1::2]):
        parts += ("content-type", "application/json")
    return _replies.joined(parts), payload


def header_text(value):
    """A header's value as JavaScript and JSON would write it."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
