from datetime import date

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Count, Exists, ExpressionWrapper, F, Func, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.access.roles import Scope


class Level(models.TextChoices):
    TERTIARY = "L3", _("Tertiary hospital")
    SECONDARY = "L2", _("Secondary hospital")
    FIRST = "L1", _("First-level hospital")
    COMMUNITY = "CHC", _("Community health centre")
    TOWNSHIP = "THC", _("Township health centre")
    VILLAGE = "VC", _("Village clinic")


PRIMARY_LEVELS = (Level.FIRST, Level.COMMUNITY, Level.TOWNSHIP, Level.VILLAGE)


def own_institution(user) -> int | None:
    """Of people of an institution: theirs."""
    return user.institution_id if user.scope is Scope.INSTITUTION else None


class ConsortiumQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Own consortia; for staff those their institution belongs or belonged to; none for auditor and administrator."""
        match user.scope:
            case Scope.CONSORTIUM:
                return self.filter(people=user)
            case Scope.INSTITUTION:
                own = Membership.objects.filter(institution=user.institution_id)
                return self.filter(pk__in=own.values("consortium"))
        return self.none()

    def largest_first(self):
        return self.annotate(size=Count("memberships")).order_by("-size", "code")


class Consortium(models.Model):
    """A group of institutions that share patients, people or money (医联体)."""

    class Kind(models.TextChoices):
        URBAN_GROUP = "urban_group", _("Urban medical group")
        COUNTY_COMMUNITY = "county_community", _("County medical community")
        SPECIALTY_ALLIANCE = "specialty_alliance", _("Specialty alliance")
        TELEMEDICINE_NETWORK = "telemedicine_network", _("Telemedicine network")

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    compact = models.BooleanField(
        _("compact"), default=False, help_text=_("People, money and assets are managed together.")
    )

    objects = ConsortiumQuerySet.as_manager()

    class Meta:
        verbose_name = _("consortium")
        verbose_name_plural = _("consortia")
        ordering = ("code",)

    def __str__(self):
        return self.name


class InstitutionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """By name: all with a month that the user may look at, and always the own one. What belongs to other months is
        kept apart by the dated querysets; master data are those of `belonging_to`."""
        return self.filter(
            Q(pk__in=Membership.objects.seen_by(user).values("institution")) | Q(pk=own_institution(user))
        )

    def belonging_to(self, user):
        """Members today of the consortia that the user looks at, and always the own one."""
        today = timezone.localdate()
        present = Membership.objects.seen_by(user).during(today, today).filter(seen__contains=today)
        return self.filter(Q(pk__in=present.values("institution")) | Q(pk=own_institution(user)))

    def changeable_by(self, user):
        """Whose master data the office changes: members of its consortia today; those that will be and are in none until
        then; those that were never in any. Of one that left only the administrator does."""
        today = timezone.localdate()
        anyones = Membership.objects.filter(institution=OuterRef("pk"))
        own = anyones.filter(consortium__in=Consortium.objects.visible_to(user))
        is_free = ~Exists(anyones.during(today, today))
        return self.filter(
            Exists(own.during(today, today)) | (is_free & Exists(own.filter(joined_on__gt=today))) | ~Exists(anyones)
        )

    def operated_by(self, user):
        """Institutions whose data the user delivers or answers for."""
        if user.scope is Scope.INSTITUTION:
            return self.filter(pk=user.institution_id)
        return self.none()

    def members_of(self, consortium, first: date, last: date):
        """Institutions that were a member of the consortium on any day from `first` to `last`."""
        return self.filter(
            pk__in=Membership.objects.filter(consortium=consortium).during(first, last).values("institution")
        )


class Institution(models.Model):
    """A hospital, health centre or clinic (机构)."""

    class Type(models.TextChoices):
        GENERAL = "general", _("General")
        TCM = "tcm", _("Traditional Chinese medicine")
        SPECIALIST = "specialist", _("Specialist")
        REHAB = "rehab", _("Rehabilitation")

    code = models.CharField(_("code"), max_length=40, unique=True, help_text=_("Insurance code of the institution."))
    name = models.CharField(_("name"), max_length=200)
    level = models.CharField(_("level"), max_length=3, choices=Level)
    type = models.CharField(_("type"), max_length=12, choices=Type)
    region_code = models.CharField(_("region code"), max_length=6)
    uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    approved_beds = models.PositiveIntegerField(_("approved beds"), null=True, blank=True)
    served_population = models.PositiveIntegerField(_("served population"), null=True, blank=True)
    risk_coefficient = models.DecimalField(_("risk coefficient"), max_digits=6, decimal_places=4, default=1)
    rate_coefficient = models.DecimalField(_("rate coefficient"), max_digits=6, decimal_places=4, default=1)
    legal_independent = models.BooleanField(_("separate legal person"), null=True, blank=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ("level", "code")

    def __str__(self):
        return self.name

    @property
    def is_primary(self) -> bool:
        return self.level in PRIMARY_LEVELS


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(pk__in=Membership.objects.seen_by(user).values("pk"))

    def seen_by(self, user):
        """Memberships with the months in which the user looks at them (`seen`): people of a consortium all of its members'
        months; people of an institution those in which it was a member too, a row per own membership."""
        match user.scope:
            case Scope.CONSORTIUM:
                return self.filter(consortium__in=Consortium.objects.visible_to(user)).annotate(seen=F("months"))
            case Scope.INSTITUTION:
                shared = ExpressionWrapper(
                    F("months") * F("consortium__memberships__months"), output_field=DateRangeField()
                )
                return self.filter(
                    consortium__memberships__institution=user.institution_id,
                    consortium__memberships__months__overlap=F("months"),
                ).annotate(seen=shared)
        return self.none().annotate(seen=F("months"))

    def during(self, first: date, last: date):
        """Memberships that hold on any day from `first` to `last`; the leaving day is still a member's day."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gte=first), joined_on__lte=last)

    def joined_last(self):
        """Of each institution the membership that began last, whether or not it has ended: whose benchmarks hold for it."""
        return self.order_by("institution_id", "-joined_on", "-pk").distinct("institution_id")


def _first_of_month(day: str) -> Func:
    template = "(%(expressions)s - extract(day FROM %(expressions)s)::int + 1)"
    return Func(F(day), template=template, output_field=models.DateField())


def _first_of_next_month(day: str) -> Func:
    template = "(%(expressions)s + interval '1 month')::date"
    return Func(_first_of_month(day), template=template, output_field=models.DateField())


class Membership(models.Model):
    """An institution's time in a consortium. Periods of the same pair do not overlap.

    `months` are whole: a member on any day is a member of the month.
    """

    class Role(models.TextChoices):
        LEAD = "lead", _("Lead hospital")
        MEMBER = "member", _("Member")
        SHARED_CENTRE = "shared_centre", _("Shared centre")

    consortium = models.ForeignKey(Consortium, models.PROTECT, related_name="memberships", verbose_name=_("consortium"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="memberships", verbose_name=_("institution")
    )
    role = models.CharField(_("role"), max_length=14, choices=Role)
    joined_on = models.DateField(_("joined on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    agreement_no = models.CharField(_("agreement number"), max_length=60, blank=True)
    months = models.GeneratedField(
        expression=Func(_first_of_month("joined_on"), _first_of_next_month("left_on"), function="daterange"),
        output_field=DateRangeField(),
        db_persist=True,
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ("consortium", "institution", "joined_on")
        constraints = (
            models.UniqueConstraint(fields=("consortium", "institution", "joined_on"), name="membership_joined_once"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                name="membership_left_after_joining",
                violation_error_message=_("The leaving day lies before the joining day."),
            ),
        )

    def __str__(self):
        return f"{self.consortium} · {self.institution}"
