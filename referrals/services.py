"""Keeps referrals as uploads deliver them, and tells cases by which referral they came."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from evaluation.models import Institution, Upload, User
from evaluation.services import arrivals
from evaluation.services.records import ids, upsert
from evaluation.services.staleness import Partition
from referrals.models import Referral

ARRIVAL_DAYS = (
    14  # an admission at the receiver within so many days after the request came by the referral (our default)
)


class ReferralRecords:
    """The store of the dataset `referrals`."""

    def put(self, contents: Sequence[dict], by: User | None) -> None:
        places = ids(Institution, {row[end] for row in contents for end in ("sender", "receiver")})
        rows = [
            Referral(
                code=row["id"],
                direction=row["direction"],
                sender_id=places[row["sender"]],
                receiver_id=places[row["receiver"]],
                patient_hash=bytes.fromhex(row["patient_id"]),
                main_dx=row["main_dx"],
                reason=row["reason"],
                green_channel=row["green_channel"],
                needs_rehab=row["needs_rehab"],
                requested_at=_instant(row["requested_at"]),
                month=_month(row),
                accepted_at=_instant(row["accepted_at"]),
                arrived_at=_instant(row["arrived_at"]),
                completed_at=_instant(row["completed_at"]),
                status=row["status"],
                decline_reason=row["decline_reason"],
            )
            for row in contents
        ]
        delivered_before = Referral.objects.filter(code__in=[row.code for row in rows])
        former = {bytes(each) for each in delivered_before.values_list("patient_hash", flat=True)}
        upsert(Referral, rows, key=("code",))
        link_patients({*former, *(row.patient_hash for row in rows)})

    def remove(self, contents: Sequence[dict]) -> None:
        Referral.objects.filter(code__in=[row["id"] for row in contents]).delete()
        link_patients(bytes.fromhex(row["patient_id"]) for row in contents)

    def partitions(self, contents: Sequence[dict]) -> list[set[Partition]]:
        """The sender's months and the receiver's: both may count the referral."""
        places = ids(Institution, {row[end] for row in contents for end in ("sender", "receiver")})
        return [{(places[row[end]], _month(row)) for end in ("sender", "receiver")} for row in contents]


def link_patients(hashes: Iterable[bytes]) -> None:
    """Find out anew which current cases of these patients came by a referral."""
    _link("evaluation_inpatientcase c WHERE c.patient_hash = ANY(%s)", [list(hashes)])


def link_upload(upload: Upload) -> None:
    """The same for the cases that an upload brought, or brought back."""
    if upload.dataset == "cases":
        _link("changed_case JOIN evaluation_inpatientcase c USING (id) WHERE TRUE", [])


def _link(cases: str, params: list) -> None:
    """The latest accepted referral to the institution in the days before the admission decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH arrival AS (
                    SELECT c.id, c.came_by_referral AS known, COALESCE((
                        SELECT r.direction FROM referrals_referral r
                        WHERE r.patient_hash = c.patient_hash AND r.receiver_id = c.institution_id
                          AND r.status IN ('accepted', 'arrived', 'completed')
                          AND c.admitted_at >= r.requested_at - interval '1 day'
                          AND c.admitted_at < r.requested_at + interval '{ARRIVAL_DAYS} days'
                        ORDER BY r.requested_at DESC LIMIT 1
                    ), '') AS direction
                    FROM {cases} AND c.is_current
                ) SELECT id, direction FROM arrival WHERE direction <> known""",
            params,
        )
        arrivals.note_arrivals(dict(cursor.fetchall()))


def _instant(text: str | None) -> datetime | None:
    return timezone.make_aware(datetime.fromisoformat(text)) if text else None


def _month(row: dict) -> date:
    return date.fromisoformat(row["requested_at"][:7] + "-01")
