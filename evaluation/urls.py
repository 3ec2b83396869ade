from django.urls import path

from evaluation.views import audit, indicators, institutions, joinings, overview, uploads

urlpatterns = [
    path("", overview.home, name="home"),
    path("institutions/", institutions.institution_list, name="institution-list"),
    path("institutions/<str:code>/", institutions.institution_show, name="institution-show"),
    path("indicators/", indicators.indicator_list, name="indicator-list"),
    path("indicators/<str:code>/", indicators.indicator_show, name="indicator-show"),
    path("cases/", indicators.case_list, name="case-list"),
    path("definitions/", indicators.definition_list, name="definition-list"),
    path("uploads/", uploads.upload_list, name="upload-list"),
    path("uploads/new/", uploads.upload_create, name="upload-create"),
    path("uploads/<int:pk>/", uploads.upload_show, name="upload-show"),
    path("uploads/<int:pk>/submit/", uploads.upload_move, {"step": "submit"}, name="upload-submit"),
    path("uploads/<int:pk>/withdraw/", uploads.upload_move, {"step": "withdraw"}, name="upload-withdraw"),
    path("uploads/<int:pk>/undo/", uploads.upload_move, {"step": "undo"}, name="upload-undo"),
    path("datasets/<str:code>/", uploads.dataset_show, name="dataset-show"),
    path("datasets/<str:code>/template.<str:kind>", uploads.dataset_template, name="dataset-template"),
    path("joinings/", joinings.joining_list, name="joining-list"),
    path("joinings/<int:pk>/confirm/", joinings.joining_answer, {"step": "confirm"}, name="joining-confirm"),
    path("joinings/<int:pk>/decline/", joinings.joining_answer, {"step": "decline"}, name="joining-decline"),
    path("audit/", audit.audit_list, name="audit-list"),
]
