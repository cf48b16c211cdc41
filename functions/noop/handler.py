"""Answers with the request body. What a call of it costs is what the node itself costs."""


def handle(event, context):
    return {"statusCode": 200, "body": event.body}
