from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """`{count, next, previous, results}`; `page_size` up to 1,000."""

    page_size_query_param = "page_size"
    max_page_size = 1000


class ValuePages(Pages):
    """Values are small: a thousand on a page unless fewer are asked for."""

    page_size = 1000
