"""The nouns of the base app, one file each."""

from evaluation.models.api_token import ApiToken
from evaluation.models.attempt_count import AttemptCount
from evaluation.models.audit_event import AuditEvent
from evaluation.models.case import InpatientCase
from evaluation.models.cell import CaseCell
from evaluation.models.department import Department
from evaluation.models.drg import Benchmark
from evaluation.models.indicator import IndicatorValue, PublishedValue
from evaluation.models.institution import Consortium, Institution, Level, Membership
from evaluation.models.joining import Joining
from evaluation.models.local_benchmark import LocalBenchmark
from evaluation.models.publication import Publication, PublishedFact
from evaluation.models.readmission import Readmission
from evaluation.models.seen_months import SeenMonths
from evaluation.models.session import Session
from evaluation.models.staleness import DataState, Heartbeat, StaleMark
from evaluation.models.threshold import Threshold
from evaluation.models.upload import RecordVersion, StagedChunk, Upload, UploadMonth, UploadProblem
from evaluation.models.user import User

__all__ = [
    "ApiToken",
    "AttemptCount",
    "AuditEvent",
    "Benchmark",
    "CaseCell",
    "Consortium",
    "DataState",
    "Department",
    "Heartbeat",
    "IndicatorValue",
    "InpatientCase",
    "Institution",
    "Joining",
    "Level",
    "LocalBenchmark",
    "Membership",
    "Publication",
    "PublishedFact",
    "PublishedValue",
    "Readmission",
    "RecordVersion",
    "SeenMonths",
    "Session",
    "StagedChunk",
    "StaleMark",
    "Threshold",
    "Upload",
    "UploadMonth",
    "UploadProblem",
    "User",
]
