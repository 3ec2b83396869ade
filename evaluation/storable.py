"""What text a database can hold: no NUL character and no half of a surrogate pair."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(value: object) -> bool:
    """Whether all text in a value, as JSON or a form brings it, can be stored and looked for."""
    if isinstance(value, str):
        return UNSTORABLE.search(value) is None
    if isinstance(value, dict):
        return all(is_storable(part) for item in value.items() for part in item)
    if isinstance(value, list | tuple):
        return all(map(is_storable, value))
    return True
