"""Print docs/importing.md: the layouts of all datasets and the rules, from the code that uses them."""

from django.core.management.base import BaseCommand
from django.utils import translation

from evaluation.datasets import Dataset
from evaluation.templatetags.shown import meaning

HEAD = """# Importing

Printed by `manage.py describe_datasets` from the layouts that reader and checks use.

**Files.** CSV in UTF-8 (with or without BOM) or GB18030, separated by comma, semicolon or tab; or XLSX (first visible sheet, values, no formulas).
One row per record, headings in row 1, in English or Chinese, in any order; unknown columns are reported and dropped. Page and API take up to 100 MB,
`import_data` any size. Phones, passports and identity numbers are not kept: a cell that holds one refuses its row. Full-width digits, thousands separators and ¥ are understood. Times are `YYYY-MM-DD` or `YYYY-MM-DD HH:MM[:SS]`, local time.
Yes/no is yes/no, true/false, 1/0 or 是/否; empty is unknown.

**Before it is submitted** a sheet says what it will do: per institution and month what is new, replaced, identical and taken out, and its total cost.
Warnings of the rules V26 and V27 have to be accepted by name (API: `accept_warnings`), and so has a replacement that takes out more than half of a month
(`confirm_removal`); `import_data` prints both and goes on.

**Versions.** A record sent again under the same key supersedes the earlier one. A month can be merged (default) or replaced whole. Every upload can be undone, in any order.

**Whose rows.** An institution's staff deliver its own. A consortium's office delivers master data of its members of today, and of institutions that were never in a
consortium; budgets of years in which the institution was its member. A membership that is new or is made longer waits until the institution's manager, or the
administrator, confirms it. `import_data` acts as the administrator.

"""
RULES = (
    ("V0", "error", "required cell empty, or not what the column holds"),
    (
        "V1",
        "error",
        "admission ≤ discharge ≤ now; dates from 1990; age 0–120; a month given with the upload refuses others",
    ),
    ("V2", "warning", "stay longer than 365 days"),
    ("V3", "error", "same key as an earlier row of the sheet"),
    (
        "V4",
        "error",
        "unknown institution or value of a list; warning: unknown department; lost leading zeros are recognised",
    ),
    (
        "V5",
        "error",
        "fee items differ from the total by more than 1.00 yuan (warning up to 1.00), negative or unreadable amount",
    ),
    ("V6", "error", "ICD-10 code"),
    ("V7", "error", "ICD-9-CM-3 code"),
    ("V8", "error", "DRG code; relative weight above 0"),
    ("V9", "error", "unified social credit code with its check character"),
    ("V10", "warning", "insurance code of an institution"),
    ("V11", "error", "disposition 2 or 3 without receiving institution"),
    ("V12", "warning", "diagnosis does not fit sex or age"),
    ("V13", "error", "procedure date outside the stay (where the sheet gives dates)"),
    ("V14", "warning", "died, but admitted again later"),
    ("V15", "warning", "symptom, or costly reason for contact, as main diagnosis"),
    ("V16", "warning", "own and fund payment exceed the total"),
    ("V18", "error", "part larger than the whole"),
    ("V19", "error", "negative count or amount, coefficient not above 0"),
    ("V20", "error", "referral times out of order; sender is receiver"),
    ("V24", "warning", "weight differs from the year's benchmark"),
    ("V25", "error", "file, encoding, headings, formulas"),
    (
        "V26",
        "warning, to be accepted",
        "same patient, admission and discharge day and total cost under another record number or stay, "
        "or record numbers that lost their leading zeros",
    ),
    (
        "V27",
        "warning, to be accepted",
        "discharge more than 12 months from the sheet's most frequent month, "
        "or before the institution joined a consortium",
    ),
)

OWNED = (
    " The records are the consortium's for which the office delivers them, those of others stay as they are;"
    " `import_data` without `--consortium` delivers common ones, which hold where a consortium has none."
)


class Command(BaseCommand):
    help = "Print the layouts of all datasets and the rules as Markdown (docs/importing.md)."

    def handle(self, **options):
        with translation.override("en"):
            self.stdout.write(HEAD + self._rules() + "".join(self._dataset(each) for each in Dataset.all()), ending="")

    def _rules(self) -> str:
        lines = [f"| {rule} | {severity} | {text} |" for rule, severity, text in RULES]
        return "## Rules\n\n| rule | severity | finds |\n|---|---|---|\n" + "\n".join(lines) + "\n"

    def _dataset(self, dataset: Dataset) -> str:
        lines = []
        for column in dataset.layout.columns:
            choices = ": " + ", ".join(f"`{choice}`" for choice in column.choices) if column.choices else ""
            star = "\\*" if column.required else ""
            lines.append(
                f"| `{column.name}`{star} | {column.heading} | {meaning(column).replace('|', chr(92) + '|')}{choices} | {column.example.replace('|', chr(92) + '|')} |"
            )
        key = ", ".join(f"`{name}`" for name in dataset.layout.key)
        who = "the institution's staff" if dataset.owner == "institution" else "the consortium office"
        owner = OWNED if dataset.of_consortium else ""
        return (
            f"\n## `{dataset.code}` {dataset.name}\n\nDelivered by {who}. Key: {key}.{owner}\n\n"
            "| heading | 中文 | holds | example |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
        )
