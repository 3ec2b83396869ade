"""Work on the next item while the last one is used: the database and this process each have a core."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item, Result = TypeVar("Item"), TypeVar("Result")


def one_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work(item)` for each item in turn, the next one under way in a thread meanwhile.

    The items are fetched by the caller's thread; `work` must do without the database and the language of the request.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        waiting: Future[Result] | None = None
        for item in items:
            coming = thread.submit(work, item)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is not None:
            yield waiting.result()
