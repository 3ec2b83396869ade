"""How a case came to be: by a referral or not. Other apps find out; here it is written and marked."""

from collections.abc import Mapping

from django.db import connection

from evaluation.services.uploads.cases import mark_changed


def note_arrivals(directions: Mapping[int, str]) -> None:
    """Set `came_by_referral` of cases (id → up, down, lateral or "") and mark what that makes stale."""
    if not directions:
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS changed_case (id bigint) ON COMMIT DROP")
        cursor.execute("TRUNCATE changed_case")
        cursor.execute(
            """WITH told AS (SELECT * FROM unnest(%s::bigint[], %s::text[]) AS told(id, direction)),
               changed AS (
                   UPDATE evaluation_inpatientcase c SET came_by_referral = told.direction FROM told
                   WHERE c.id = told.id AND c.came_by_referral <> told.direction RETURNING c.id
               ) INSERT INTO changed_case SELECT id FROM changed""",
            [list(directions), list(directions.values())],
        )
    mark_changed()
