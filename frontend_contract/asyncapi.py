"""The channels of events as AsyncAPI 3: webhooks, and the stream that subscribers follow."""

from __future__ import annotations

from typing import Any

from domain.access import Permission
from domain.catalogue import EVENT_KINDS
from frontend_contract.event_schemas import FORMS
from webhooks.envelope import API_VERSION

_JSON_SCHEMA = "application/schema+json;version=draft-2020-12"
# Replaced by the server that publishes the document.
HOST = "bordereau.example"

_TEXT = {"type": "string"}
_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": [
        "content-type",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "webhook-attempt",
        "webhook-event-type",
        "webhook-environment",
    ],
    "properties": {
        "content-type": {"enum": ["application/json", "application/cloudevents+json"]},
        "webhook-id": {
            **_TEXT,
            "pattern": "^evt_[0-9a-z]{26}$",
            "description": "Identifier of the event, the same at each attempt: deduplicate on it.",
        },
        "webhook-timestamp": {
            **_TEXT,
            "pattern": "^[0-9]+$",
            "description": "When this attempt was signed, in seconds; refuse what is older than"
            " five minutes.",
        },
        "webhook-signature": {
            **_TEXT,
            "description": "Standard Webhooks: `v1,` HMAC-SHA256 and, where the endpoint asks for"
            " it, `v1a,` Ed25519 of `id.timestamp.body`; several of them are separated by spaces.",
        },
        "webhook-attempt": {**_TEXT, "pattern": "^[1-9][0-9]*$"},
        "webhook-event-type": {"enum": list(EVENT_KINDS)},
        "webhook-environment": {"enum": ["sandbox", "production"]},
        "webhook-replay": {**_TEXT, "description": "The replay that sends it again, if one does."},
        "x-request-id": {**_TEXT, "description": "Identifier of this attempt."},
        "traceparent": {**_TEXT, "description": "W3C Trace Context: one trace for each event."},
        "user-agent": _TEXT,
    },
}
_FRAME: dict[str, Any] = {
    "type": "object",
    "description": "An answer of GraphQL to `subscription { eventStream { … } }`: the fields are"
    " those of the operation, their types those of `frontend_contract/schema.graphql`.",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "object",
            "properties": {
                "eventStream": {
                    "type": "object",
                    "properties": {
                        "__typename": {
                            "enum": [
                                "StreamReady",
                                "EventFrame",
                                "StreamHeartbeat",
                                "StreamCursorExpired",
                            ]
                        },
                        "cursor": {**_TEXT, "description": "Keep it: it resumes the stream."},
                        "event": {"type": "object"},
                    },
                }
            },
        }
    },
    "examples": [
        {"data": {"eventStream": {"__typename": "StreamHeartbeat", "cursor": "2yYv8mJ0c1qk3A"}}}
    ],
}
_SUBSCRIPTION: dict[str, Any] = {
    "type": "object",
    "required": ["query"],
    "properties": {"query": _TEXT, "variables": {"type": "object"}},
    "examples": [
        {
            "query": "subscription ($after: EventCursor) { eventStream(after: $after) {"
            " __typename ... on EventFrame { cursor event { id kind subjectId } } } }",
            "variables": {"after": None},
        }
    ],
}


def asyncapi() -> dict[str, Any]:
    """The whole document. Schemas are beside it, in `events/`."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bordereau: events",
            "version": API_VERSION,
            "description": "Évènements de Bordereau. One log, told by webhooks and by streams: the"
            " same events, in the same order, with the same cursors.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": {
                "webhookHeaders": _HEADERS,
                "streamFrame": _FRAME,
                "subscription": _SUBSCRIPTION,
            },
            "securitySchemes": _security_schemes(),
        },
    }


def _servers() -> dict[str, Any]:
    return {
        "portal": {
            "host": HOST,
            "protocol": "https",
            "description": "This server: whoever follows a stream connects to it.",
            "security": [{"$ref": "#/components/securitySchemes/oauth"}],
        },
        "receiver": {
            "host": "{receiver}",
            "protocol": "https",
            "description": "Yours: the host of an endpoint that you set up.",
            "variables": {"receiver": {"default": "erp.example", "description": "Your host."}},
            "security": [{"$ref": "#/components/securitySchemes/standardWebhooks"}],
        },
    }


def _channels() -> dict[str, Any]:
    names = [*EVENT_KINDS, *FORMS]
    frames = {name: _message(name) for name in ("streamFrame", "subscribe")}
    return {
        "webhooks": {
            "address": "{path}",
            "title": "Webhooks",
            "description": "One POST per event, in the order of each subject, until a 2xx answer.",
            "parameters": {
                "path": {"description": "The path of your endpoint.", "examples": ["/bordereau"]}
            },
            "servers": [{"$ref": "#/servers/receiver"}],
            "messages": {_key(name): _message(_key(name)) for name in names},
        },
        "eventStreamSse": {
            "address": "/graphql",
            "title": "Stream over server-sent events",
            "description": "`POST` with `accept: text/event-stream`. The `id:` of a frame is a"
            " cursor: `Last-Event-ID` goes on after it.",
            "servers": [{"$ref": "#/servers/portal"}],
            "messages": frames,
        },
        "eventStreamWebSocket": {
            "address": "/graphql",
            "title": "Stream over WebSocket",
            "description": "Protocol `graphql-transport-ws`; the token goes in `connection_init`.",
            "servers": [{"$ref": "#/servers/portal"}],
            "messages": frames,
            "bindings": {"ws": {"method": "GET"}},
        },
    }


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {
        "sendWebhook": {
            "action": "send",
            "channel": {"$ref": "#/channels/webhooks"},
            "summary": "Tell an endpoint what happened.",
            "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
        }
    }
    for channel in ("eventStreamSse", "eventStreamWebSocket"):
        ref = {"$ref": f"#/channels/{channel}"}
        suffix = channel.removeprefix("eventStream")
        operations[f"subscribe{suffix}"] = {
            "action": "receive",
            "channel": ref,
            "summary": "Be asked for the events after a cursor.",
            "messages": [{"$ref": f"#/channels/{channel}/messages/subscribe"}],
        }
        operations[f"stream{suffix}"] = {
            "action": "send",
            "channel": ref,
            "summary": "Tell a follower what happens, each event once, in order.",
            "messages": [{"$ref": f"#/channels/{channel}/messages/streamFrame"}],
        }
    return operations


def _messages() -> dict[str, Any]:
    messages = {
        _key(kind): _body(kind, f"{row.fr}. {row.en}.") for kind, row in EVENT_KINDS.items()
    }
    messages |= {name: _body(name, make()["description"]) for name, make in FORMS.items()}
    messages["cloudevent"]["contentType"] = "application/cloudevents+json"
    messages["streamFrame"] = {
        "name": "streamFrame",
        "contentType": "application/json",
        "summary": "One frame: ready, event, heartbeat, or cursor expired.",
        "payload": {"$ref": "#/components/schemas/streamFrame"},
    }
    messages["subscribe"] = {
        "name": "subscribe",
        "contentType": "application/json",
        "summary": "The GraphQL subscription that begins a stream.",
        "payload": {"$ref": "#/components/schemas/subscription"},
    }
    return messages


def _body(name: str, summary: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/webhookHeaders"},
        "payload": {
            "schemaFormat": _JSON_SCHEMA,
            "schema": {"$ref": f"./events/{name}.schema.json"},
        },
    }


def _security_schemes() -> dict[str, Any]:
    scopes = {p.value: f"See permissions.md: {p.value}." for p in Permission}
    return {
        "standardWebhooks": {
            "type": "httpApiKey",
            "name": "webhook-signature",
            "in": "header",
            "description": "Not a key but a signature (Standard Webhooks) by the secret of the"
            " endpoint, which `webhookEndpointCreate` shows once.",
        },
        "oauth": {
            "type": "oauth2",
            "description": "A bearer token of this server.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": f"https://{HOST}/oauth/token",
                    "availableScopes": scopes,
                },
                "authorizationCode": {
                    "authorizationUrl": f"https://{HOST}/oauth/authorize",
                    "tokenUrl": f"https://{HOST}/oauth/token",
                    "availableScopes": scopes,
                },
            },
        },
    }


def _message(key: str) -> dict[str, str]:
    return {"$ref": f"#/components/messages/{key}"}


def _key(name: str) -> str:
    """A name as keys of the document take it: without dots."""
    return name.replace(".", "_")
