"""Checks a staged upload chunk by chunk and writes down what was found, so that the person can decide."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import islice

import pandas as pd
from django.db import connection, transaction
from django.db.models import Min, Value
from django.db.models.functions import Coalesce
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from evaluation.datasets import dataset_by_name
from evaluation.importing.case_checks import EARLIEST, Deaths, discharge_month
from evaluation.importing.checks import Checked, SheetCheck
from evaluation.importing.findings import Finding
from evaluation.importing.identity import PSEUDONYM_LENGTH
from evaluation.importing.known import Known, Place
from evaluation.importing.problems import Problem, Severity
from evaluation.importing.sheet_months import SheetMonths
from evaluation.models import (
    Consortium,
    Department,
    InpatientCase,
    Institution,
    LocalBenchmark,
    Membership,
    StagedChunk,
    Upload,
    UploadMonth,
    UploadProblem,
)
from evaluation.services import locks
from evaluation.services.uploads import reach
from evaluation.services.uploads.ahead import one_ahead
from evaluation.services.uploads.faults import fault_of
from evaluation.services.uploads.repeated_stays import RepeatedStays
from evaluation.services.uploads.staging import keep_checked, packed, staged_chunks

MOST_PROBLEMS = 20_000  # kept row by row; the groups count all
DIED_AND_BACK = _(
    "The patient died in this stay but was admitted again later. Accepted; check way of leaving and patient identifier."
)


def check_upload(upload: Upload, *, wait: bool = False) -> Upload:
    """Check the rows of a received upload. Can be started anew after a crash; a second worker finds it taken, or waits
    for the end: then the upload is checked, whoever did it."""
    with locks.upload_lock(upload, wait=wait) as is_mine:
        if is_mine:
            upload.refresh_from_db()
            if upload.status == Upload.Status.RECEIVED:
                _run(upload)
    upload.refresh_from_db()
    return upload


def _run(upload: Upload) -> None:
    """Check; what no rule foresaw ends the upload with a sentence, so that it does not stand in the way of others."""
    try:
        _Check(upload).run()
    except (OperationalError, InterfaceError):
        raise  # the database is away: the next sweep tries again
    except Exception as error:
        give_up(upload, fault_of(error, upload))


def give_up(upload: Upload, reason: str) -> None:
    """End an upload that cannot be checked; no row of it counts as accepted."""
    upload.problems.all().delete()
    upload.month_counts.all().delete()
    received = Upload.objects.filter(pk=upload.pk, status=Upload.Status.RECEIVED)
    received.update(status=Upload.Status.FAILED, failure=reason, rows_checked=0, rows_rejected=0, rows_flagged=0)


class _Check:
    """One run over an upload: what adds up while the chunks pass."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.dataset = dataset_by_name(upload.dataset)
        self.sheet = SheetCheck(self.dataset.layout, self.dataset.rules, known_to(upload), upload.headings)
        self.deaths = Deaths() if upload.dataset == "cases" else None
        self.months, self.stays = SheetMonths(), RepeatedStays(upload)
        self.groups: dict[tuple, dict] = {}
        self.read: Counter[tuple[str, date]] = Counter()
        self.accepted: Counter[tuple[str, date]] = Counter()
        self.undated: Counter[str] = Counter()
        self.flagged: set[int] = set()
        self.kept = 0

    def run(self) -> None:
        upload = self.upload
        upload.problems.all().delete()
        upload.month_counts.all().delete()
        upload.failure = ""
        upload.rows_checked = upload.rows_rejected = upload.rows_flagged = 0
        for chunk, checked, typed in one_ahead(self._check_chunk, staged_chunks(upload)):
            rejected = checked.findings.rejected
            keep_checked(chunk, rejected, typed)
            for finding in checked.findings.found:
                self._keep(finding)
            self.flagged |= {int(row) for row in checked.findings.flagged.index[checked.findings.flagged]}
            upload.rows_checked += len(checked.rows)
            upload.rows_rejected += int(rejected.sum())
            self._count_months(checked)
            if self.deaths is not None:
                self.deaths.remember(checked.accepted)
                self.months.remember(checked.accepted)
                self._flag(self.stays.findings(checked.accepted))
            Upload.objects.filter(pk=upload.pk).update(rows_checked=upload.rows_checked)  # progress for the page
        self._check_deaths()
        self._flag(self.stays.of_whole_sheet())
        self._flag(self.months.findings(_first_joined(), upload.headings.get("discharged_at", "discharged_at")))
        self._finish()

    def _check_chunk(self, staged: tuple[StagedChunk, pd.DataFrame]) -> tuple[StagedChunk, Checked, bytes | None]:
        """The chunk, what was found in it and, of cases, the accepted rows, typed and packed."""
        chunk, cells = staged
        checked = self.sheet.check(cells)
        return chunk, checked, packed(checked.accepted) if self.deaths is not None else None

    def _keep(self, finding: Finding) -> None:
        """Count the finding in its group and keep its problems row by row, up to the bound."""
        key = (finding.rule, finding.severity, finding.column, finding.message)
        first = next(finding.problems())
        names = ("rule", "severity", "column", "message")
        example = {**dict(zip(names, key, strict=True)), "count": 0, "row": first.row, "values": first.values}
        group = self.groups.setdefault(key, example)
        group["count"] += len(finding.rows)
        room = MOST_PROBLEMS - self.kept
        self.kept += _keep_problems(self.upload, islice(finding.problems(), room))

    def _count_months(self, checked: Checked) -> None:
        """Rows read and accepted per institution and month of discharge (DATA_ACC)."""
        if self.upload.dataset != "cases":
            return
        discharged = checked.rows["discharged_at"]
        month = discharge_month(checked.rows).where((discharged >= EARLIEST) & (discharged <= self.sheet.known.now))
        rows = checked.rows[["institution"]].assign(month=month, accepted=~checked.findings.rejected)
        for (institution, month), group in rows.groupby(["institution", "month"])["accepted"]:
            self.read[institution, month.date()] += len(group)
            self.accepted[institution, month.date()] += int(group.sum())
        for institution, count in rows.loc[rows["month"].isna(), "institution"].value_counts().items():
            self.undated[institution] += int(count)

    def _check_deaths(self) -> None:
        if self.deaths is None or not self.deaths.parts:
            return
        rows = self.deaths.followed_by_admission(_latest_admissions(self.deaths.patients))
        if len(rows):
            heading = self.upload.headings.get("disposition", "disposition")
            self._flag([Finding(heading, Severity.WARNING, "V14", DIED_AND_BACK, rows, {})])

    def _flag(self, warnings: Iterable[Finding]) -> None:
        """Warnings that need more than a chunk: they come after the others."""
        for finding in warnings:
            self._keep(finding)
            self.flagged |= {int(row) for row in finding.rows if row is not None}

    @transaction.atomic
    def _finish(self) -> None:
        upload = self.upload
        with locks.patience(None):  # to wait for whoever withdraws it takes a moment
            status = locks.take_upload(upload.pk).status
        if status != Upload.Status.RECEIVED:
            return
        upload.rows_flagged = len(self.flagged)
        order = {Severity.ERROR: 0, Severity.WARNING: 1}
        upload.problem_groups = sorted(
            self.groups.values(), key=lambda group: (order[group["severity"]], -group["count"])
        )
        upload.status = Upload.Status.CHECKED
        upload.save()
        self._add_undated()
        places = dict(Institution.objects.values_list("code", "pk"))
        UploadMonth.objects.bulk_create(
            UploadMonth(
                upload=upload, institution_id=places[code], month=month, rows_read=count,
                rows_accepted=self.accepted[code, month],
            )
            for (code, month), count in self.read.items()
            if code in places
        )  # fmt: skip

    def _add_undated(self) -> None:
        """A row without a readable discharge date counts to the upload's month, or the month of most of its rows."""
        for code, count in self.undated.items():
            months = Counter({month: n for (other, month), n in self.read.items() if other == code})
            month = self.upload.month or (months.most_common(1)[0][0] if months else None)
            if month:
                self.read[code, month] += count


def _keep_problems(upload: Upload, problems: Iterable[Problem]) -> int:
    """Write problems row by row; COPY, since a bad sheet has as many as rows. Returns how many."""
    count = 0
    columns = 'upload_id, "row", "column", severity, rule, message, "values"'
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {UploadProblem._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for each in problems:
            heading = each.column[:200]  # a heading may be longer
            values = json.dumps(each.values, ensure_ascii=False)
            copy.write_row((upload.pk, each.row, heading, each.severity, each.rule, each.message, values))
            count += 1
    return count


def _latest_admissions(patients: Iterable[str]) -> pd.DataFrame:
    """The latest stored admission of each of the patients: patient_id (hash), admitted_at (local)."""
    hashes = [bytes.fromhex(each) for each in patients if len(each) == PSEUDONYM_LENGTH]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT encode(patient_hash, 'hex'), max(admitted_at) AT TIME ZONE %s
                FROM {InpatientCase._meta.db_table}
                WHERE is_current AND patient_hash = ANY(%s) GROUP BY patient_hash""",
            [timezone.get_default_timezone_name(), hashes],
        )
        return pd.DataFrame(cursor.fetchall(), columns=["patient_id", "admitted_at"])


def _first_joined() -> dict[str, date]:
    """The day on which each institution first joined a consortium, by code."""
    joined = Membership.objects.order_by().values("institution__code").annotate(first=Min("joined_on"))
    return dict(joined.values_list("institution__code", "first"))


def known_to(upload: Upload) -> Known:
    """What the checks may know: the world as the sender of the upload may change it."""
    joined_last = dict(Membership.objects.joined_last().values_list("institution__code", "consortium__code"))
    institutions = {
        code: Place(region, level, joined_last.get(code, ""))
        for code, region, level in Institution.objects.values_list("code", "region_code", "level")
    }
    local = LocalBenchmark.objects.filter(rw__isnull=False).annotate(owner=Coalesce("consortium__code", Value("")))
    weights = pd.DataFrame(
        list(local.values_list("owner", "region", "level", "year", "drg", "rw")),
        columns=["joined_last", "region", "level", "year", "drg", "benchmark_rw"],
    ).astype({"year": "Int64", "benchmark_rw": "float64"})
    return Known(
        now=timezone.localtime().replace(tzinfo=None),
        institutions=institutions,
        consortia=frozenset(Consortium.objects.values_list("code", flat=True)),
        writable=reach.institutions(dataset_by_name(upload.dataset), upload.by),
        writable_consortia=reach.consortia(upload.by),
        member_months=reach.member_months(upload.by),
        given_institution=upload.institution.code if upload.institution else "",
        given_month=upload.month,
        departments=frozenset(Department.objects.values_list("institution__code", "code")),
        weights=weights,
    )
