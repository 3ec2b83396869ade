import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import *
from tests.pages.conftest import static_files
pytestmark = pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.BOARD, Role.REGULATOR, Role.STAFF])
def test_q(role):
    w = make_world()
    for m in w.members:
        for month in (FEBRUARY, MARCH):
            make_cell(m, month)
            for ind in ("ALOS","MORT","DRG_CMI","DRUG"):
                make_value(ind, m, f"{month:%Y-%m}", numerator=10, denominator=100)
                if m is w.own: make_value(ind, w.consortium, f"{month:%Y-%m}", numerator=40, denominator=400)
    c = browser(w.people[role])
    c.get("/")
    for url in ("/", f"/institutions/{w.own.code}/", "/indicators/MORT/", "/referrals/", "/budgets/"):
      with CaptureQueriesContext(connection) as found:
        a = c.get(url)
      print(role, url, a.status_code, len(found))
      if url == "/": 
        for q in found: print("   ", q["sql"][:150])
    for p in ("2026-Q1", "2026", "2026-03R12", "2020-01", "1900", "2099"):
      for u in ("/", f"/institutions/{w.own.code}/", "/indicators/MORT/", "/referrals/", "/budgets/"):
        try: s = c.get(u+"?period="+p).status_code
        except Exception as e: s = repr(e)
        print(p, u, s)
