"""The interface is complete in every language it is offered in, and the catalogues hold no more than that."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.template.base import Lexer, TokenType

from config import messages
from evaluation.access.roles import Role
from evaluation.models import Upload
from evaluation.views.audit import ACTIONS
from tests import factories

CATALOGUES = sorted(messages.ROOT.glob("locale/*/LC_MESSAGES/*.po"))
TEMPLATES = sorted(messages.ROOT.glob("templates/**/*.html"))
BILINGUAL = {"500.html"}  # shown when nothing works any more, translations neither
# Names and abbreviations that are the same in Chinese.
UNTRANSLATED = {"API", "CSV", "DRG", "English", "MB", "RW", "XLSX", "Yilian"}
SHOWN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "data-label", "placeholder", "title"}
UNREAD_ELEMENTS = {"code", "script", "style"}
PLACE = re.compile(r"%(?:\(\w+\))?[a-z]")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
ENGLISH_SENTENCE = re.compile(r"(?:\b[A-Za-z]*[a-z]{2}[ ,;:]+){2,}[A-Za-z]*[a-z]{2}")


# ---- the catalogues ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return messages.collect()


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda path: path.parent.parent.name)
def catalogue(request) -> Catalog:
    return messages.read_catalogue(request.param)


def test_there_is_a_chinese_catalogue():
    assert [path.parent.parent.name for path in CATALOGUES] == ["zh_Hans"]


def test_every_text_is_translated(texts, catalogue):
    untranslated = []
    for message in entries(texts):
        found = catalogue.get(message.id, message.context)
        if found is None or found.fuzzy or not all(strings(found)):
            untranslated.append(named(message))

    assert not untranslated, says("Run `python -m config.messages update` and translate", untranslated)


def test_every_entry_is_in_use(texts, catalogue):
    unused = [named(message) for message in entries(catalogue) if texts.get(message.id, message.context) is None]
    unused += [named(message) for message in catalogue.obsolete.values()]

    assert not unused, says("Run `python -m config.messages update`, which drops these", unused)


def test_translations_fill_the_same_places(catalogue):
    wrong = [named(message) for message in entries(catalogue) for text in strings(message) if not fits(message, text)]

    assert not wrong, says("The %(places)s of original and translation differ", wrong)


def test_the_tool_knows_every_name_of_gettext():
    """A text inside a call by another name would not be collected."""
    unknown = {
        f"{path.relative_to(messages.ROOT)}: {alias.asname or alias.name}"
        for path in code_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in messages.KEYWORDS and (alias.asname or alias.name) not in messages.KEYWORDS
    }

    assert not unknown


def test_what_the_audit_trail_records_can_be_translated():
    recorded = {action for path in code_files() for action in recorded_actions(path)}

    assert recorded == set(ACTIONS)


def entries(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def originals(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def fits(message: Message, text: str) -> bool:
    """The translation has the places of the original (of the plural, where there is one) and can be filled."""
    if set(PLACE.findall(text)) != set(PLACE.findall(originals(message)[-1])):
        return False
    try:
        return "%(" not in text or bool(text % defaultdict(str))
    except (TypeError, ValueError):
        return False


def named(message: Message) -> str:
    files = ", ".join(dict.fromkeys(path for path, _line in message.locations))
    return f"{' / '.join(originals(message))!r}  ({files or 'no file'})"


def says(what: str, found: list[str]) -> str:
    return f"{what}:\n" + "\n".join(found)


def code_files() -> Iterator[Path]:
    return (path for folder in messages.CODE for path in (messages.ROOT / folder).rglob("*.py"))


def recorded_actions(path: Path) -> Iterator[str]:
    """The actions that calls of audit.record, or of the helpers before it, name; and `action_seen` of what is read."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "action_seen" and node.value.value:
            yield node.value.value
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in ("record", "_record", "_move"):
            continue
        for argument in node.args:
            choices = (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
            yield from (
                each.value for each in choices if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


# ---- the tool ------------------------------------------------------------------------------------------------------


def test_an_update_adds_keeps_and_drops(tmp_path):
    write(
        tmp_path / "evaluation" / "beds.py",
        """
        from django.utils.translation import gettext_noop as _, ngettext, pgettext

        LONG = _("The ward is "
                 "full.")
        def words(count):
            return ngettext("%(n)s bed", "%(n)s beds", count), pgettext("of a hospital", "Ward"), _(LONG)
        """,
    )
    write(
        tmp_path / "templates" / "beds.html",
        """
        {% load i18n %}<p title="{% translate 'Wards' %}">
            {% blocktranslate count number=beds|length with shown=beds|length trimmed %}
                {{ shown }} free
                bed
            {% plural %}
                {{ shown }} free beds
            {% endblocktranslate %}
          {{ reason|default:_("Full") }}{% translate "Ward" context "of a town" %}</p>
        """,
    )
    catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    write(catalogue, '\nmsgid "Wards"\nmsgstr "病房"\n\nmsgid "Gone"\nmsgstr "无"\n')

    first, second = messages.update_all(tmp_path), messages.update_all(tmp_path)

    assert (first, second) == ([catalogue], [])
    found = messages.read_catalogue(catalogue)
    own = (message for message in entries(found) if message.id not in messages.BORROWED)
    assert {(message.context, message.id): message.string for message in own} == {
        (None, "The ward is full."): "",
        (None, ("%(n)s bed", "%(n)s beds")): ("",),
        ("of a hospital", "Ward"): "",
        ("of a town", "Ward"): "",
        (None, "Wards"): "病房",
        (None, ("%(shown)s free bed", "%(shown)s free beds")): ("",),
        (None, "Full"): "",
    }
    text = catalogue.read_text()
    assert "#: templates/beds.html\n" in text
    assert "Gone" not in text and str(tmp_path) not in text


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# ---- templates and pages -------------------------------------------------------------------------------------------


class VisibleTexts(HTMLParser):
    """Collects the texts that a reader of the HTML sees or hears, each with its line."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.unread = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD_ELEMENTS
        self.found += [(self.getpos()[0], value) for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(self.getpos()[0], value) for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self.unread and data.strip():
            self.found.append((self.getpos()[0], data.strip()))


def without_tags(template: str) -> str:
    """The bare HTML of a template: its tags, variables, comments and translated blocks are spaces."""
    html, hidden_until = [], ""
    for token in Lexer(template).tokenize():
        command = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type is TokenType.BLOCK and command == hidden_until:
            hidden_until = ""
        elif token.token_type is TokenType.BLOCK and command in ("blocktranslate", "blocktrans", "comment", "verbatim"):
            hidden_until = f"end{command}"
        is_text = token.token_type is TokenType.TEXT and not hidden_until
        html.append(token.contents if is_text else " " + "\n" * token.contents.count("\n"))
    return "".join(html)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(messages.ROOT / "templates")))
def test_no_text_of_a_template_stands_outside_translation(path):
    if path.name in BILINGUAL:
        return
    found = [
        f"{path.relative_to(messages.ROOT)}:{line}: {text}"
        for line, text in VisibleTexts(without_tags(path.read_text())).found
        if set(LATIN_WORD.findall(text)) - UNTRANSLATED
    ]

    assert not found, says("Put these into {% translate %} or {% blocktranslate %}", found)


def test_untranslated_text_would_be_found():
    template = (
        '{% load i18n %}<p title="Beds" aria-label="{% translate "Wards" %}">{% translate "Ward" %} full</p>'
        '{# note #}{% blocktranslate %}Full ward{% endblocktranslate %}<img alt="A ward"><code>beds</code>CSV'
    )

    texts = [text for _line, text in VisibleTexts(without_tags(template)).found]

    assert [text for text in texts if set(LATIN_WORD.findall(text)) - UNTRANSLATED] == ["Beds", "full", "A ward"]


@pytest.fixture
def world(db, settings) -> factories.World:
    settings.STORAGES = factories.PLAIN_STATIC_FILES
    world = factories.make_world()
    staff = world.people[Role.STAFF]
    factories.delivered(factories.case_row(1), factories.case_row(2, sex="7", main_dx="J18900", adm_dept="9"), by=staff)
    for institution in world.members:
        factories.make_cell(institution)
        factories.make_value("DRUG", institution, numerator=40, denominator=100)
    return world


PAGES = {
    None: ("/account/login/", "/account/password/reset/"),
    Role.BOARD: (
        "/", "/institutions/", "/institutions/H33010000001/", "/indicators/DRUG/", "/referrals/", "/budgets/",
        "/definitions/", "/cases/", "/nowhere/",
    ),
    Role.STAFF: (
        "/cases/?indicator=SURG4", "/uploads/", "/uploads/{upload}/", "/datasets/cases/", "/account/",
        "/account/password/change/",
    ),
    Role.CONSORTIUM_MANAGER: ("/uploads/", "/admin/", "/admin/evaluation/threshold/add/"),
    Role.ADMINISTRATOR: ("/admin/evaluation/user/add/",),
    Role.AUDITOR: ("/audit/",),
}  # fmt: skip


@pytest.mark.parametrize("role", PAGES)
def test_chinese_pages_hold_no_english_sentence(world, role):
    browser = factories.browser(world.people[role] if role else None, headers={"accept-language": "zh-CN,zh;q=0.9"})
    upload = Upload.objects.filter(dataset="cases", rows_read__gt=0).latest("pk")

    found = []
    for address in PAGES[role]:
        html = browser.get(address.format(upload=upload.pk), follow=True).content.decode()
        if not re.search(r'<html lang="zh', html):
            found.append(f"{address}: not Chinese")
        found += [f"{address}: {text}" for _line, text in VisibleTexts(html).found if ENGLISH_SENTENCE.search(text)]

    assert not found, says("English on Chinese pages", found)
