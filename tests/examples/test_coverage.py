"""The cases of the examples reach every place, branch and error of their programs."""

from cellc.testing import reading, reporting
from cellc.testing.covering import coverage, said
from cellc.testing.judging import Judged
from cellc.testing.playing import play


def test_cases_reach_everything() -> None:
    files = [reading.read_file(path) for path in reading.tests_in("examples")]
    played = [
        reporting.Tested(file, [Judged(case, (), play(file.program, case)) for case in file.cases])
        for file in files
        if file.program
    ]
    assert len(played) == len(files) >= 11
    covered = coverage(played)
    assert sum(len(each.points) for each in covered) > 200
    assert {said(each.program, point) for each in covered for point in each.missed} == set()
