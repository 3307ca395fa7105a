"""`spark` of a notebook: a local session made when it is first used."""

from __future__ import annotations

from typing import Any, Callable, Dict


class SparkNotAvailable(Exception):
    """This machine has no Spark."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The local workspace has no Spark ({reason}). Install it with `pip install pyspark` "
            "and a Java runtime, or run this notebook on a real workspace."
        )


class Lazy:
    """Stands for an object until one of its members is used."""

    def __init__(self, name: str, create: Callable[[], Any]) -> None:
        self.__dict__.update(_name=name, _create=create)

    def __getattr__(self, member: str) -> Any:
        if member.startswith("__") and member.endswith("__"):
            raise AttributeError(member)
        return getattr(self._create(), member)

    def __repr__(self) -> str:
        return f"<{self._name}, created when it is first used>"


def add_spark(namespace: Dict[str, Any]) -> None:
    """Adds spark, sc, sqlContext, sql and table; spark and sc become real at first use."""

    def session() -> Any:
        if isinstance(namespace.get("spark"), Lazy):
            namespace["spark"] = _create_session()
        return namespace["spark"]

    def spark_context() -> Any:
        context = session().sparkContext
        if isinstance(namespace.get("sc"), Lazy):
            namespace["sc"] = context
        return context

    namespace["spark"] = Lazy("spark", session)
    namespace["sc"] = Lazy("sc", spark_context)
    namespace["sqlContext"] = Lazy("sqlContext", session)
    namespace["sql"] = lambda *arguments, **named: session().sql(*arguments, **named)
    namespace["table"] = lambda name: session().table(name)


def _create_session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkNotAvailable(str(error)) from None
    try:
        builder = SparkSession.builder.master("local[*]").appName("local workspace")
        return builder.config("spark.ui.enabled", "false").getOrCreate()
    except Exception as error:
        raise SparkNotAvailable(f"{type(error).__name__}: {error}") from error
