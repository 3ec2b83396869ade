"""The own account: mail address, second factor, sessions, tokens."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from evaluation.forms.account import AddressForm, TokenForm
from evaluation.models import ApiToken
from evaluation.services import people, second_factor, sessions, tokens


@never_cache
def account(request: HttpRequest) -> HttpResponse:
    return _show(request)


@never_cache
@sensitive_post_parameters("password")
def address_change(request: HttpRequest) -> HttpResponse:
    """Another mail address: whoever has it can set the password."""
    form = AddressForm(request.POST or None, user=request.user)
    if not form.is_valid():
        return render(request, "account/email.html", {"form": form}, status=422 if form.is_bound else 200)
    people.change_address(person=request.user, email=form.cleaned_data["email"], by=request.user)
    messages.success(request, _("The mail address was changed; the old one was told."))
    return redirect("account")


@never_cache
@require_POST
@sensitive_post_parameters("password")
def token_create(request: HttpRequest) -> HttpResponse:
    """The page that shows the new token is the only one that ever does."""
    form = TokenForm(request.POST, user=request.user)
    if not form.is_valid():
        return _show(request, form=form, status=422)
    asked = form.cleaned_data
    token, secret = tokens.issue(
        user=request.user, name=asked["name"], scope=asked["scope"], days=asked["days"], by=request.user
    )
    return _show(request, issued=token, secret=secret)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.filter(user=request.user).usable(timezone.now()), pk=pk)
    tokens.revoke(token=token, by=request.user)
    messages.success(request, _("The token %(token)s was revoked.") % {"token": token})
    return redirect("account")


@require_POST
def session_end(request: HttpRequest) -> HttpResponse:
    """One other session, or all of them."""
    here, wanted = request.session.session_key, request.POST.get("session", "")
    others = [each for each in sessions.open_sessions(request.user) if each.session_key != here]
    if wanted == "others":
        sessions.end_all(user=request.user, by=request.user, except_key=here)
    elif found := next((each for each in others if sessions.public_name(each) == wanted), None):
        sessions.end(session=found, by=request.user)
    else:
        raise Http404
    messages.success(request, _("Ended. Whoever was signed in there has to sign in again."))
    return redirect("account")


def _show(request: HttpRequest, form: TokenForm | None = None, status: int = 200, **more) -> HttpResponse:
    user, here = request.user, request.session.session_key
    context = {
        "tokens": ApiToken.objects.filter(user=user).usable(timezone.now()),
        "form": form or TokenForm(user=user, initial={"scope": tokens.default_scope(user)}),
        "sessions": [
            {"row": each, "name": sessions.public_name(each), "is_here": each.session_key == here}
            for each in sessions.open_sessions(user)
        ],
        "has_second_factor": second_factor.has_one(user),
        "needs_second_factor": second_factor.is_needed(user),
        **more,
    }
    return render(request, "account/account.html", context, status=status)
