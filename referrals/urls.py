from django.urls import path

from referrals import views

urlpatterns = [path("referrals/", views.referral_flows, name="referral-flows")]
