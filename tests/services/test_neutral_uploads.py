"""The migration that takes file names, headings and quoted cells out of uploads that are there already."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from evaluation.models import Upload, UploadProblem
from tests.factories import make_upload

pytestmark = pytest.mark.django_db
migration = import_module("evaluation.migrations.0010_neutral_uploads")


def test_names_headings_and_quoted_cells_of_earlier_uploads_become_neutral():
    group = {"rule": "V4", "severity": "error", "column": "* 性别", "count": 7, "row": 2, "message": "“%(cell)s” %(choices)s",
             "values": {"cell": "张三", "choices": "1, 2"}}  # fmt: skip
    upload = make_upload(
        filename="张三 13800138000.XLSX",
        headings={"sex": "* 性别", "age": "年龄"},
        ignored=["张三", "李四"],
        problem_groups=[group],
    )
    for column, values in (("* 性别", {"cell": "张三"}), ("patient_id", {}), ("张三", {"first": 3})):
        UploadProblem.objects.create(
            upload=upload, row=2, column=column, severity="error", rule="V4", message="x", values=values
        )

    with connection.schema_editor() as editor:
        migration.make_neutral(apps, editor)

    upload = Upload.objects.get(pk=upload.pk)
    assert (upload.filename, upload.headings, upload.ignored) == (
        "cases 2026-03.xlsx", {"sex": "sex", "age": "age"}, ["?", "?"],
    )  # fmt: skip
    assert upload.problem_groups == [group | {"column": "sex", "values": {"cell": None, "choices": "1, 2"}}]
    assert list(upload.problems.order_by("pk").values_list("column", "values")) == [
        ("sex", {"cell": None}), ("patient_id", {}), ("", {"first": 3}),
    ]  # fmt: skip
