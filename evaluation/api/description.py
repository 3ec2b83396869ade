"""What the API's description says of all endpoints alike."""

PROBLEM = {
    "type": "object",
    "description": "Why a request was not answered (RFC 9457); `errors` names the fields.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True},
    },
    "required": ["type", "title", "status", "detail"],
}


def add_problems(result: dict, generator, request, public) -> dict:
    """Every answer but the described one is a problem document."""
    result.setdefault("components", {}).setdefault("schemas", {})["ProblemDetails"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = answer
    return result
