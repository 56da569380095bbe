"""The compiled part: what `src/grading.rs` of the package `rs_grpo` defines."""

__all__ = ["Error", "VERSION", "clusters", "grade", "grader_version"]

VERSION: str

class Error(ValueError):
    """An argument that is not allowed; the message says what is."""

def clusters(answers: list[str]) -> list[tuple[int, list[int]]]: ...
def grade(
    golds: list[str], completions: list[str], boxed_only: bool
) -> list[tuple[str, float | None, str | None, str | None]]: ...
def grader_version() -> str: ...
