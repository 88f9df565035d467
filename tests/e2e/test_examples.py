"""The examples of tests/data against the running server, as the core is run against them."""
import os
import pathlib
import unittest

from google.protobuf import json_format

from support import PRECONDITION, ServerTest, evaluate_request
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import segment_pb2 as segment_pb

DATA = pathlib.Path(os.environ.get(
    "TIERMARK_TEST_DATA", pathlib.Path(__file__).resolve().parent.parent / "data"))


def lines(name, columns):
    """The cells of each line; facts are the last and may contain the separator."""
    found = []
    for line in (DATA / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            found.append([cell.strip() for cell in line.split(" | ", columns - 1)])
    if not found:
        raise AssertionError(f"{name} has no examples")
    return found


def read_facts(text):
    return json_format.Parse(text, facts_pb.AccountFacts())


class ExamplesTest(ServerTest):
    def test_scores(self):
        for name, score, exact, segment, points, given in lines("account-segmentation.table", 6):
            with self.subTest(name):
                evaluation = self.evaluate(name, read_facts(given)).evaluation
                self.assertEqual(
                    (evaluation.score, evaluation.exact_score, evaluation.segment,
                     [c.points for c in evaluation.criteria]),
                    (int(score), int(exact), segment_pb.Segment.Value(f"SEGMENT_{segment}"),
                     [int(p) for p in points.split()]))
                self.assertEqual(sum(c.contribution for c in evaluation.criteria), int(exact))

    # The examples of lead-scoring depend on the day, so that they are the core's alone.
    def test_risk_profiles(self):
        for name, score, exact, level, points, given in lines("risk-profile.table", 6):
            with self.subTest(name):
                evaluation = self.evaluate(f"risk-{name}", read_facts(given),
                                           model_id="risk-profile").evaluation
                self.assertEqual(
                    (evaluation.score, evaluation.exact_score, evaluation.band.band_id,
                     [c.points for c in evaluation.criteria]),
                    (int(score), int(exact), level, [int(p) for p in points.split()]))

    def test_refusals(self):
        for name, reason, fields, given in lines("account-segmentation-refused.table", 4):
            with self.subTest(name):
                self.refused(self.scoring.EvaluateAccount,
                             evaluate_request(f"refused-{name}", read_facts(given)),
                             PRECONDITION, reason, fields.split())
                self.assertIsNone(self.known(f"refused-{name}"))


if __name__ == "__main__":
    unittest.main()
