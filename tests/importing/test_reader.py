"""What the reader takes, what it refuses, and with which row, column and sentence."""

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.importing.case_layout import CASES
from evaluation.importing.layouts import Column, Layout
from evaluation.importing.master_layouts import DEPARTMENTS, INSTITUTIONS
from evaluation.importing.problems import Problem, Severity, SheetRefused
from evaluation.importing.reader import (
    Deadline,
    Sheet,
    csv_sheet,
    encoding,
    open_sheet,
    xlsx_cells,
    xlsx_guard,
    xlsx_sheet,
    xlsx_text,
)

STAYS = Layout(
    dataset="stays",
    key=("record_no",),
    columns=(
        Column("record_no", "病案号", required=True),
        Column("age", "年龄", required=True),
        Column("note", "备注"),
    ),
)


NUMBERS_ONLY = Layout("numbers", (Column("record_no", "病案号", required=True),), ("record_no",))


def opened(content: bytes, layout: Layout = STAYS, **options: object) -> Sheet:
    return open_sheet(io.BytesIO(content), layout, **options)


def read(content: bytes, layout: Layout = STAYS, **options: object) -> pd.DataFrame:
    return pd.concat(list(opened(content, layout, **options).chunks))


def refused(content: bytes, layout: Layout = STAYS, **options: object) -> Problem:
    with pytest.raises(SheetRefused) as refusal:
        read(content, layout, **options)
    (problem,) = refusal.value.problems
    assert (problem.severity, problem.rule) == (Severity.ERROR, "V25")
    assert problem.message % problem.values
    return problem


def cells(frame: pd.DataFrame) -> dict[int, list[str]]:
    """Rows by their number."""
    return {int(number): list(row) for number, row in zip(frame.index, frame.to_numpy(), strict=True)}


def workbook(*rows: Sequence[object], first: tuple[int, int] = (0, 0)) -> bytes:
    return written(lambda book, sheet: [sheet.write_row(first[0] + i, first[1], row) for i, row in enumerate(rows)])


def written(write: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        write(book, book.add_worksheet("one"))
    return content.getvalue()


def with_sheet_xml(content: bytes, change: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with the XML of one part changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            text = old.read(info)
            new.writestr(info.filename, change(text.decode()).encode() if info.filename == part else text)
    return changed.getvalue()


# --- Time ---


@pytest.mark.parametrize("content", [b"record_no,age\n1,36\n", workbook(("record_no", "age"), ("1", 36))])
def test_a_sheet_that_takes_too_long_is_refused_with_the_way_out(content):
    problem = refused(content, deadline=Deadline(seconds=-1))

    assert "longer than" in problem.message % problem.values
    assert problem.row is None


def test_the_time_is_looked_at_between_the_chunks_too():
    now = iter([0.0] * 20 + [200.0] * 20)
    sheet = opened(b"record_no,age\n" + b"1,36\n" * 50, deadline=Deadline(120, lambda: next(now)), chunk_rows=1)

    with pytest.raises(SheetRefused):
        list(sheet.chunks)


# --- CSV ---


def test_rows_are_text_under_canonical_names_with_the_sheets_own_row_numbers():
    frame = read(b"record_no,age,note\r\n001,36,NA\r\n002,,-\r\n")

    assert frame.index.name == "row"
    assert list(frame.columns) == ["record_no", "age", "note"]
    assert cells(frame) == {2: ["001", "36", "NA"], 3: ["002", "", "-"]}


def test_markers_of_missing_values_stay_text():
    frame = read(b"record_no,age\n1,NA\n2,NULL\n3,\\N\n4,nan\n5,-\n6,None\n")

    assert list(frame["age"]) == ["NA", "NULL", "\\N", "nan", "-", "None"]
    assert not frame.isna().any().any()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_utf8_with_and_without_mark_and_gb18030_are_understood(encoding):
    frame = read("病案号,年龄,备注\n001,36,肺炎 㐀\n002,7,龘\n".encode(encoding))

    assert cells(frame) == {2: ["001", "36", "肺炎 㐀"], 3: ["002", "7", "龘"]}


def test_a_gb18030_sheet_is_recognised_although_half_its_lines_happen_to_be_valid_utf8():
    female = "女".encode("gb18030")
    assert female.decode("utf-8") == "Ů"

    content = "病案号,年龄,备注\n".encode("gb18030") + b"".join(b"%d,36,%s\n" % (i, female) for i in range(50))

    assert set(read(content)["note"]) == {"女"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_commas_semicolons_and_tabs_and_all_line_ends_are_understood(delimiter, line_end, quote):
    rows = [["record_no", "age", "note"], ["001", "36", "a"], ["002", "", ""]]
    lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in row) + line_end for row in rows]

    assert cells(read("".join(lines).encode())) == {2: ["001", "36", "a"], 3: ["002", "", ""]}


def test_a_value_in_quotes_may_hold_delimiters_quotes_and_line_ends():
    frame = read(b'record_no,age,note\n1,36,"a, ""b""\r\nc"\n2,37,d\n')

    assert cells(frame) == {2: ["1", "36", 'a, "b"\r\nc'], 3: ["2", "37", "d"]}


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_empty_lines_are_skipped_and_counted(quote):
    content = b"\nrecord_no,age,note\n\n1,36,%sa%s\n,,\n \t, \n\xe3\x80\x80,,\n\n2,37,\n\n" % (quote, quote)

    assert cells(read(content)) == {4: ["1", "36", "a"], 9: ["2", "37", ""]}


@pytest.mark.parametrize("before", [b"", b"record_no,age\n1,36\n", b'record_no,age\n"1",36\n', b"record_no\n"])
def test_millions_of_line_ends_are_refused_before_all_are_read(before, monkeypatch):
    monkeypatch.setattr(csv_sheet, "MOST_EMPTY", 3000)
    monkeypatch.setattr(encoding, "BLOCK", 1000)
    layout = STAYS if b"age" in before or not before else NUMBERS_ONLY

    problem = refused(before + b"\n" * 5000 + b"2,37\n" * 2, layout)

    assert "empty rows" in problem.message
    assert 3000 < problem.row < 4100


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_missing_cells_at_the_end_of_a_row_are_empty_and_empty_ones_beyond_the_heading_are_dropped(quote):
    content = b"record_no,age,note\n%s1%s\n2,37\n3,38,c,, \n" % (quote, quote)

    assert cells(read(content)) == {2: ["1", "", ""], 3: ["2", "37", ""], 4: ["3", "38", "c"]}


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_row_with_more_values_than_the_heading_is_refused(quote):
    problem = refused(b"record_no,age,note\n%s1%s,36,a\n2,37,b,c,d,\n" % (quote, quote))

    assert (problem.row, problem.values) == (3, {"cells": 5, "columns": 3})


def test_a_quote_that_is_never_closed_is_refused_where_it_opens():
    assert refused(b'record_no,age,note\n1,36,a\n2,37,"b\n3,38,c\n4,39,d\n').row == 3
    assert refused(b'record_no,age,note\n1,36,a\n2,37,"b\n' + b"3,38,c\n" * 50_000).row == 3


def test_a_quote_closed_by_the_quote_of_a_later_row_is_refused_where_it_opens():
    assert refused(b'record_no,age,note\n1,36,a\n2,37,"b\n3,38,"c"\n4,39,d\n').row == 3


def test_a_row_that_goes_on_for_ever_is_refused_before_it_fills_the_memory():
    assert refused(b"record_no,age,note\n1,36,a\n2,37" + b',"\n"' * 2_000_000).row == 3
    assert refused(b"record_no,age,note\n1,36,a\n2,37," + b"b" * (5 << 20)).row == 3


@pytest.mark.parametrize("length", [32_768, 200_000])
@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_value_longer_than_a_cell_can_hold_is_refused(length, quote):
    problem = refused(b"record_no,age,note\n1,36,a\n2,37," + quote + b"b" * length + quote + b"\n")

    assert (problem.row, problem.column) == (3, "note")


def test_the_longest_value_a_cell_can_hold_is_read_in_chinese_too():
    assert read(("record_no,age,note\n1,36," + "肺" * 32_767).encode())["note"].str.len().item() == 32_767


def test_an_encoding_that_changes_is_refused_at_the_first_row_that_differs():
    utf8 = '病案号,年龄,备注\n1,36,"肺\n炎"\n2,37,b\n'.encode()
    content = utf8 + "3,38,糖尿病\n".encode("gb18030") * 20

    problem = refused(content)

    assert (problem.row, problem.values) == (4, {"first": "UTF-8", "second": "GB18030"})


def test_one_utf8_row_within_gb18030_is_refused():
    gb18030 = "1,36,肺炎\n".encode("gb18030")

    problem = refused("病案号,年龄,备注\n".encode("gb18030") + gb18030 * 20 + "2,37,糖尿病\n".encode() + gb18030)

    assert (problem.row, problem.values["second"]) == (22, "UTF-8")


def test_bytes_of_neither_encoding_are_refused_at_their_row():
    assert refused("病案号,年龄\n1,36\n".encode() + b"2,\xff\xff\n").row == 3
    assert refused("\ufeff病案号,年龄\n1,36\n".encode() + "2,肺炎\n".encode("gb18030")).row == 3


@pytest.mark.parametrize("byte_order", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused_with_the_remedy(byte_order):
    content = "record_no,age\n1,36\n".encode(byte_order)
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(byte_order, b"")

    assert "CSV UTF-8" in refused(mark + content).message


def test_a_nul_byte_is_refused_at_its_row():
    assert refused(b'record_no,age,note\n1,36,"a\nb"\n2,3\x007,c\n').row == 3


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"\x1f\x8b\x08\0\0\0", "GZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "XLS"),
        (b"<html><table><tr><td>record_no", "web page"),
        (bytes(range(32)) * 9, "not text"),
    ],
)
def test_other_formats_are_refused_by_their_content(content, word):
    problem = refused(content)

    assert problem.row is None
    assert word in problem.message % problem.values


def test_a_heading_that_begins_like_an_image_is_still_text():
    layout = Layout("x", (Column("BMI", "体重指数", required=True), Column("age", "年龄")), ("BMI",))

    assert cells(read(b"BMI,age\n22,36\n", layout)) == {2: ["22", "36"]}


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b",,\n,,\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content):
    assert "is empty" in refused(content).message


@pytest.mark.parametrize("content", [b"record_no,age", b"record_no,age\n\n\n", b"record_no,age\n,\n"])
def test_a_heading_without_rows_is_refused(content):
    assert "no row below" in refused(content).message


def test_cells_are_normalised_and_stripped():
    frame = read("record_no,age,note\n\u3000００１ , 36\t,（Ａ）\u200b\n".encode())

    assert cells(frame) == {2: ["001", "36", "(A)"]}


def test_the_excel_idiom_for_text_is_unwrapped_and_other_formulas_are_left():
    frame = read(b'record_no,age,note\n="00123",=1+1,a=b\n"=""00124""",37,"=""x""&""y"""\n')

    assert cells(frame) == {2: ["00123", "=1+1", "a=b"], 3: ["00124", "37", '="x"&"y"']}


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_chunks_have_the_asked_size_and_go_on_numbering(quote):
    content = b"record_no,age\n\n" + b"".join(b"%s%d%s,36\n" % (quote, i, quote) for i in range(5))

    chunks = list(opened(content, chunk_rows=2).chunks)

    assert [list(chunk.index) for chunk in chunks] == [[3, 4], [5, 6], [7]]
    assert [list(chunk["record_no"]) for chunk in chunks] == [["0", "1"], ["2", "3"], ["4"]]


def test_a_large_sheet_is_read_alike_whether_it_has_quotes_or_not():
    rows = [f"{i},{i % 90},肺炎{i}\n" if i % 500 else "\n" for i in range(60_000)]
    plain = "record_no,age,note\n" + "".join(rows)

    frames = [read(text.encode(code)) for text in (plain, plain + '"x",,\n') for code in ("utf-8", "gb18030")]

    assert frames[0].index[0] == 3 and frames[0].index[-1] == 60_001
    assert (frames[0].index == frames[0]["record_no"].astype(int) + 2).all()
    pd.testing.assert_frame_equal(frames[0], frames[1])
    pd.testing.assert_frame_equal(frames[2], frames[3])
    pd.testing.assert_frame_equal(frames[0], frames[2].iloc[:-1])


def test_the_source_stays_open_and_need_only_read_and_seek():
    class Upload:
        def __init__(self, content: bytes) -> None:
            self.file = io.BytesIO(content)
            self.read = self.file.read
            self.seek = self.file.seek

    for content in (b"record_no,age\n1,36\n", b'record_no,age\n"1",36\n'):
        upload = Upload(content)

        assert cells(pd.concat(open_sheet(upload, STAYS).chunks)) == {2: ["1", "36"]}
        assert not upload.file.closed


def test_line_numbers_are_right_across_blocks(monkeypatch):
    monkeypatch.setattr(encoding, "BLOCK", 16)
    for line_end in (b"\n", b"\r\n", b"\r"):
        for length in range(1, 20):
            content = line_end.join([b"record_no,age", *[b"1," + b"3" * length] * 9, b"2,\xff\xff"])

            assert refused(content).row == 11


# --- Headings ---


def test_headings_are_found_in_any_order_language_and_width():
    sheet = opened("备　注,ＡＧＥ*, 病案号＊ \na,36,001\n".encode())

    assert sheet.headings == {"note": "备注", "age": "age", "record_no": "病案号"}
    assert next(sheet.chunks).loc[2].to_dict() == {"note": "a", "age": "36", "record_no": "001"}


def test_unknown_columns_are_reported_and_never_reach_a_frame():
    sheet = opened("record_no,姓名,age,,身份证号\n1,张三,36,x,330106199001011234\n".encode())

    assert sheet.ignored == ("B", "E")
    assert list(next(sheet.chunks).columns) == ["record_no", "age"]


@pytest.mark.parametrize("heading", ["record_no,age,record_no", "record_no,age,病案号"])
def test_a_column_that_occurs_twice_is_refused_with_both_places(heading):
    problem = refused(f"{heading}\n1,36,2\n".encode())

    assert (problem.row, problem.column) == (1, heading.split(",")[2])
    assert problem.values == {"name": "record_no 病案号", "first": "A", "second": "C"}


def test_all_missing_required_columns_are_named_in_both_languages():
    problem = refused(b"note\na\n")

    assert (problem.row, problem.values["columns"]) == (1, "record_no 病案号, age 年龄")


def test_a_column_given_with_the_upload_may_be_missing():
    frame = read("科室代码,科室名称\n0300,呼吸内科\n".encode(), DEPARTMENTS, given=frozenset({"institution"}))

    assert cells(frame) == {2: ["0300", "呼吸内科"]}
    assert "institution" in str(refused("科室代码,科室名称\n0300,呼吸内科\n".encode(), DEPARTMENTS).values)


def test_a_sheet_of_another_dataset_is_recognised():
    content = "机构代码,机构名称,级别,类别,行政区划\nH1,云岭,L3,general,330106\n".encode()

    assert refused(content, CASES, others=(DEPARTMENTS, INSTITUTIONS)).values["other"] == "institutions"


def test_a_sheet_without_headings_is_refused_without_repeating_its_first_row():
    problem = refused("张三,330106199001011234\n李四,330106199001011235\n".encode())

    assert (problem.row, problem.column, problem.values) == (1, "", {"dataset": "stays"})


def test_too_many_columns_are_refused_early():
    class Endless(io.BytesIO):
        """Fails if more than the beginning is read."""

        def read(self, size: int | None = -1, /) -> bytes:
            assert self.tell() < 2 << 20
            return super().read(size)

    heading = b"record_no,age," + b",".join(b"column%d" % i for i in range(10_000))

    with pytest.raises(SheetRefused) as refusal:
        open_sheet(Endless(heading + b"\n" + b"1,36\n" * 1_000_000), STAYS)

    assert refusal.value.problems[0].values["columns"] == 10_002


# --- XLSX ---


def test_a_workbook_is_read_with_its_own_row_numbers_wherever_the_table_stands():
    content = workbook(("病案号", "姓名", "年龄"), ("001", "张三", 36), (), ("００２", "李四", ""), first=(2, 1))

    sheet = opened(content)

    assert (sheet.headings, sheet.ignored) == ({"record_no": "病案号", "age": "年龄"}, ("C",))
    assert cells(next(sheet.chunks)) == {4: ["001", "36"], 6: ["002", ""]}


def test_values_of_a_workbook_become_the_text_a_csv_would_have():
    values = {
        5: "5",
        6800.5: "6800.5",
        0.1 + 0.2: "0.3",
        1e-7: "0.0000001",
        -12.25: "-12.25",
        330106199001011234: "3.30106199001011e+17",
        True: "yes",
        False: "no",
        datetime(2026, 3, 2, 9, 30): "2026-03-02 09:30:00",
        datetime(2026, 3, 2): "2026-03-02",
        date(2026, 3, 2): "2026-03-02",
        time(12, 0): "12:00:00",
        timedelta(days=1, hours=2): "1 day, 2:00:00",
        "NA": "NA",
    }
    book = openpyxl.Workbook()
    book.active.append(["record_no", "age"])
    for value in values:
        book.active.append(["x", value])
    content = io.BytesIO()
    book.save(content)

    assert list(read(content.getvalue())["age"]) == list(values.values())


def test_an_instant_is_rounded_to_the_second():
    def write(book, sheet):
        sheet.write_row(0, 0, ("record_no", "age"))
        sheet.write_row(1, 0, ("1", 46083.3958333), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))

    assert read(written(write))["age"].item() == "2026-03-02 09:30:00"


def test_the_first_visible_sheet_with_content_is_read():
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        hidden, empty, table, other = (book.add_worksheet(name) for name in ("隐藏", "空", "表", "其他"))
        empty.activate()
        hidden.hide()
        hidden.write(0, 0, "hidden")
        empty.write_blank(3, 3, None, book.add_format({"bold": True}))
        table.write_row(0, 0, ("record_no", "age"))
        table.write_row(1, 0, ("1", 36))
        other.write(0, 0, "other")

    assert cells(read(content.getvalue())) == {2: ["1", "36"]}


def test_a_workbook_without_content_is_refused():
    assert "no visible sheet" in refused(workbook()).message


def test_a_workbook_with_only_a_heading_is_refused():
    assert "no row below" in refused(workbook(("record_no", "age"))).message


def test_formulas_in_known_columns_are_refused_with_place_and_number():
    def write(book, sheet):
        sheet.write_row(1, 1, ("病案号", "姓名", "年龄"))
        for row in (2, 3, 4):
            sheet.write_row(row, 1, ("001", "x", 36))
            sheet.write_formula(row, 2, "=1+1", None, 2)
        sheet.write_formula(3, 3, "=35+1", None, 36)
        sheet.write_formula(4, 3, "=35+1", None, 36)

    problem = refused(written(write))

    assert (problem.row, problem.column, problem.values) == (4, "年龄", {"count": 2})


def test_formulas_in_columns_that_are_dropped_do_no_harm():
    def write(book, sheet):
        sheet.write_row(0, 0, ("record_no", "age", "helper"))
        sheet.write_row(1, 0, ("001", 36))
        sheet.write_formula(1, 2, "=A2&B2", None, "00136")

    assert cells(read(written(write))) == {2: ["001", "36"]}


def test_formulas_are_found_across_blocks_and_in_other_spellings(monkeypatch):
    def write(book, sheet):
        sheet.write_row(0, 0, ("record_no", "age"))
        for row in range(1, 40):
            sheet.write_row(row, 0, ("001", 36))
        sheet.write_formula(30, 1, "=1+1", None, 2)

    prefixed = with_sheet_xml(
        written(write),
        lambda xml: (
            xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("<x:?", "<?")
        ).replace("xmlns=", "xmlns:x="),
    )

    for size in (37, 64, 100, 1 << 20):
        monkeypatch.setattr(xlsx_text, "BLOCK", size)
        monkeypatch.setattr(xlsx_guard, "_tree", lambda archive, part: xlsx_guard.ElementTree.XML(archive.read(part)))
        for content in (written(write), prefixed):
            assert (refused(content).row, refused(content).column) == (31, "age")


def test_error_values_are_refused_instead_of_read_as_empty():
    content = workbook(("record_no", "age"), ("1", 36), ("2", 37))

    problem = refused(with_sheet_xml(content, lambda xml: xml.replace('"B3"><v>37', '"B3" t="e"><v>#N/A')))

    assert (problem.row, problem.column, problem.values) == (3, "age", {"count": 1})


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    content = with_sheet_xml(workbook(("record_no", "age"), ("1", 36)), lambda xml: xml + " " * (60 << 20))

    assert "out of proportion" in refused(content).message


def test_two_cells_far_apart_are_refused_before_the_grid_between_them_is_built():
    far = workbook(("record_no", "age"), ("1", 36))
    for old, new in (
        ('r="B2"', 'r="SF1048576"'),
        ('r="B2"', "r='B99999999'"),
        ('<c r="B2"', '<other:c r = "B99999999"'),
        ('<row r="2"', '<row r="99999999"'),
    ):
        content = with_sheet_xml(far, lambda xml, old=old, new=new: xml.replace(old, new))

        assert "almost empty" in refused(content).message


def test_a_workbook_with_too_many_columns_is_refused():
    assert refused(workbook(["record_no", "age", *map(str, range(600))])).values["columns"] == 602


def test_a_long_text_shown_by_very_many_cells_is_refused(monkeypatch):
    monkeypatch.setattr(xlsx_guard, "MOST_BYTES", 10 << 20)
    content = workbook(("record_no", "age", "note"), *((str(i), 36, "x" * 30_000) for i in range(400)))

    assert "repeats long texts" in refused(content).message


HOSTILE_TAGS = (
    "<c ", "<c a=", "<c a='", '<c a="', "<c r", "<c r ", "<c '\"", '<c t="e" ', "<row ", "<c", "<aaaa", "<x:c r = ",
    '<c t="e" t="e" ',
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE_TAGS)
def test_a_small_workbook_of_unclosed_tags_is_refused_in_words(piece):
    """These took minutes: every tag was read to the end of the sheet."""
    content = with_sheet_xml(workbook(("record_no", "age"), ("1", 36)), lambda xml: xml + piece * 200_000)

    assert "damaged" in refused(content).message


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        ("<c ", "r "),
        ("<c ", " "),
        ("<c ", "a"),
        ("<c ", 't="e" '),
        ("<c ", "r='A' "),
        ("<", "a"),
        ("<v>", " "),
        ("<c>", " "),
    ],
)
def test_a_tag_without_end_is_refused_in_words(before, piece):
    content = with_sheet_xml(
        workbook(("record_no", "age"), ("1", 36)), lambda xml: xml + before + piece * (3_000_000 // len(piece))
    )

    assert refused(content).message in (xlsx_text.LONG_TAG, xlsx_text.DAMAGED)


@pytest.mark.parametrize("pattern", [each for each in vars(xlsx_cells).values() if isinstance(each, re.Pattern)])
def test_no_pattern_of_the_guard_reads_back_over_what_it_read(pattern):
    """Work grows with the text because no repetition can give back, and none runs on over the next tag."""
    open_repetitions = (
        re.sub(rb"\[(?:\\\\.|[^\]\\\\])*\]", b"S", pattern.pattern).replace(rb"\s", b"S").replace(rb"\d", b"S")
    )

    assert not re.search(rb"[S)][*+](?!\+)", open_repetitions)
    assert all(b"<" in excluded for excluded in re.findall(rb"\[\^([^\]]*)\]", pattern.pattern))


def test_a_cell_cannot_hide_its_place_behind_other_attributes():
    far = workbook(("record_no", "age"), ("1", 36))
    for hidden in ('<c a=">" r="SF1048576"', '<c a=" r=\'A1\' " r="SF1048576"', "<c a='x'  r='SF1048576'"):
        content = with_sheet_xml(far, lambda xml, hidden=hidden: xml.replace('<c r="B2"', hidden))

        assert "almost empty" in refused(content).message


def test_cells_and_rows_that_do_not_say_their_place_are_counted_on(monkeypatch):
    monkeypatch.setattr(xlsx_guard, "MOST_CELLS", 1000)
    rows = "<row>" + "<c><v>1</v></c>" * 40 + "</row>"
    content = with_sheet_xml(
        workbook(("record_no",)), lambda xml: xml.replace("</sheetData>", rows * 30 + "</sheetData>")
    )

    assert refused(content).values == {"cells": f"{31 * 40:,}", "most": "1,000"}


def test_more_cells_than_the_memory_should_hold_are_refused(monkeypatch):
    monkeypatch.setattr(xlsx_guard, "MOST_CELLS", 100)

    assert "Deliver it as CSV" in refused(workbook(*[("record_no", "age")] * 51)).message


def test_a_part_that_is_named_as_many_sheets_is_scanned_once(monkeypatch):
    scanned = []
    monkeypatch.setattr(
        xlsx_sheet, "scan_sheet", lambda archive, part: scanned.append(part) or xlsx_guard.scan_sheet(archive, part)
    )
    sheet = '<sheet name="one" sheetId="1" r:id="rId1"/>'
    content = with_sheet_xml(workbook(), lambda xml: xml.replace(sheet, sheet * 500), "xl/workbook.xml")

    assert "no visible sheet" in refused(content).message
    assert len(scanned) == 1


def test_the_way_a_workbook_writes_a_nul_character_does_not_make_one():
    content = workbook(("record_no", "age"), ("1", 36), ("2", "a_x0000_b"))

    assert "\0" not in read(content)["age"].loc[3]


def test_a_protected_workbook_is_refused_with_the_remedy():
    shell = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99)

    assert "Remove the password" in refused(shell).message


def test_a_damaged_workbook_is_refused():
    content = workbook(("record_no", "age"), *((str(i), i) for i in range(100)))
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 0xFF

    unheard_of = with_sheet_xml(content, lambda xml: xml.replace("UTF-8", "TF-8"), "xl/workbook.xml")

    for damaged in (content[: len(content) // 2], content[:40], bytes(flipped), unheard_of):
        assert "damaged" in refused(damaged).message


def test_a_zip_that_is_no_workbook_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    assert "not an XLSX" in refused(content.getvalue()).message


def test_whatever_is_broken_in_a_workbook_ends_in_a_refusal():
    content = workbook(("record_no", "age"), *((str(i), i) for i in range(20)))
    chance = random.Random(7)
    parts = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")

    for _ in range(200):

        def damage(xml: str) -> str:
            at = chance.randrange(len(xml))
            return (
                xml[:at] + chance.choice(["<", ">", '"', "", "9", "</row>", "&#0;"]) + xml[at + chance.randrange(6) :]
            )

        with suppress(SheetRefused):
            read(with_sheet_xml(content, damage, chance.choice(parts)))


# --- What comes out is what was put in ---

SAFE = st.text(st.characters(codec="ascii", min_codepoint=33), max_size=12).filter(lambda text: text[:1] != "=")
CHINESE = st.text(st.sampled_from("肺炎糖尿病女男是否联通浙江省龘㐀0aZ|"), max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(SAFE | CHINESE, min_size=3, max_size=3).filter(any), min_size=1, max_size=8),
    order=st.permutations(range(3)),
    chinese=st.lists(st.booleans(), min_size=3, max_size=3),
    code=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    chunk_rows=st.integers(1, 9),
)
def test_what_is_written_as_csv_reads_back(rows, order, chinese, code, delimiter, quoting, line_end, chunk_rows):
    # The first row is plainly Chinese, so that the encoding is certain.
    rows = [["记录", "1", "慢性阻塞性肺疾病"], *rows]
    headings = [column.heading if chinese[i] else column.name for i, column in enumerate(STAYS.columns)]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerows([cells[place] for place in order] for cells in [headings, *rows])

    frame = read(text.getvalue().encode(code), chunk_rows=chunk_rows)

    assert cells(frame[[column.name for column in STAYS.columns]]) == dict(enumerate(rows, start=2))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"record_no,age,note\n", b"record_no;age\r\n1;2\r\n"]))
def test_any_bytes_are_read_or_refused(content, before):
    try:
        read(before + content)
    except SheetRefused as refusal:
        assert all(problem.message % problem.values for problem in refusal.problems)
