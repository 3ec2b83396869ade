"""What a message may repeat of a cell: signs that the column is made of, never what could tell who a patient is."""

import re
from collections.abc import Sequence

from evaluation.importing.layouts import Kind
from evaluation.importing.personal import holds_personal_number

LONGEST = 20
NUMBER = re.compile(r"[+-]?(?:[0-9]{1,4}|[0-9]{1,3}\.[0-9]{1,3}|[0-9]{1,6}$)(?:[eE][+-]?[0-9]{1,2})?")
AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,6}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.[0-9]{1,3})?")
DAY = r"(?:18|19|20|21)[0-9]{2}[-/.年][0-9]{1,2}(?:[-/.月][0-9]{1,2}日?)?月?"
INSTANT = re.compile(rf"{DAY}(?:[ T][0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?)?|[0-9]{{1,6}}")
YES_NO = re.compile(r"[0-9]{1,2}")
# Letters and digits with a digit among them; four letters on end may be a name, seven digits a number of a person.
CODE = re.compile(r"(?=[^0-9]*[0-9])(?!.*[A-Za-z]{4})(?!(?:.*[^0-9])?[0-9](?:[._/*+-]*[0-9]){6})[0-9A-Za-z.+*/_-]+")
SIGN = re.compile(r"[!-~]")
INSTITUTION = re.compile(r"[HP](?!1[3-9])[0-9]{11}")
ALPHABETS = {
    Kind.INTEGER: (NUMBER,),
    Kind.DECIMAL: (NUMBER,),
    Kind.MONEY: (AMOUNT,),
    Kind.DATE: (INSTANT,),
    Kind.INSTANT: (INSTANT,),
    Kind.MONTH: (INSTANT,),
    Kind.YES_NO: (YES_NO,),
    Kind.CHOICE: (CODE, SIGN),
    Kind.CODE: (CODE,),
    Kind.CODES: (CODE, INSTANT),
    Kind.NUMBER: (CODE, INSTITUTION),
    Kind.TEXT: (CODE,),
    Kind.PATIENT: (),
}


def quotable(kind: Kind, text: str, choices: Sequence[str] = ()) -> bool:
    """Whether a message may repeat the text of a cell of such a column; `choices` are what may stand there anyway."""
    if not text or text in choices:
        return True
    is_made_of_its_signs = any(alphabet.fullmatch(text) for alphabet in ALPHABETS[kind])
    return is_made_of_its_signs and len(text) <= LONGEST and not holds_personal_number(text)
