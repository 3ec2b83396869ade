from django.urls import path

from budgets import views

urlpatterns = [path("budgets/", views.budget_execution, name="budget-execution")]
