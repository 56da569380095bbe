"""The reward of a run of verl: 1 where the grader of rs-grpo finds the answer, else 0."""

import rs_grpo


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_):
    grade = rs_grpo.grade(ground_truth, solution_str)
    if grade.reward is None:
        raise ValueError(f"{data_source}: the gold answer {ground_truth!r} cannot be graded")
    return grade.reward
