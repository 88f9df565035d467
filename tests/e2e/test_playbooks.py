"""GetSegmentPlaybook and ListSegmentPlaybooks."""
import unittest

from support import INVALID, NOT_FOUND, PRECONDITION, ServerTest, bank, facts, fintech
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1 import segment_pb2 as segment_pb

SEGMENTS = [segment_pb.SEGMENT_STRATEGIC, segment_pb.SEGMENT_ENTERPRISE,
            segment_pb.SEGMENT_COMMERCIAL, segment_pb.SEGMENT_SMB]


def request(**target):
    return scoring_pb.GetSegmentPlaybookRequest(**target)


class PlaybookTest(ServerTest):
    def test_four_from_strategic_to_smb_each_complete_and_unlike(self):
        playbooks = self.client.list_segment_playbooks().playbooks
        self.assertEqual([p.segment for p in playbooks], SEGMENTS)
        for playbook in playbooks:
            self.assertEqual(playbook.version, 1)
            for field in playbook.DESCRIPTOR.fields:
                self.assertTrue(getattr(playbook, field.name), field.name)
        self.assertEqual(len({p.prospect_action for p in playbooks}), 4)
        self.assertEqual(len({p.client_action for p in playbooks}), 4)

    def test_by_segment_is_as_listed(self):
        for playbook in self.client.list_segment_playbooks().playbooks:
            answer = self.client.get_segment_playbook(segment=playbook.segment)
            self.assertEqual(answer.playbook, playbook)
            self.assertEqual(answer.recommended_action, "")

    def test_by_account_picks_the_action_of_its_stage(self):
        for stage in facts_pb.LifecycleStage.values()[1:]:
            account_id = self.account(f"-{stage}")
            self.evaluate(account_id, fintech(lifecycle_stage=stage))
            answer = self.client.get_segment_playbook(account_id=account_id)
            self.assertEqual(answer.playbook.segment, segment_pb.SEGMENT_SMB)
            is_client = stage == facts_pb.LIFECYCLE_STAGE_CLIENT
            self.assertEqual(answer.recommended_action,
                             answer.playbook.client_action if is_client
                             else answer.playbook.prospect_action)

    def test_follows_the_latest_evaluation_and_not_the_latest_facts(self):
        self.evaluate(self.account(), fintech())
        self.upsert(self.account(), bank())
        self.assertEqual(self.client.get_segment_playbook(
            account_id=self.account()).playbook.segment, segment_pb.SEGMENT_SMB)
        self.evaluate(self.account())
        self.assertEqual(self.client.get_segment_playbook(
            account_id=self.account()).playbook.segment, segment_pb.SEGMENT_STRATEGIC)

    def test_account_never_scored(self):
        self.upsert(self.account(), bank())
        self.refused(self.scoring.GetSegmentPlaybook, request(account_id=self.account()),
                     PRECONDITION, "NOT_EVALUATED")

    def test_account_unknown(self):
        self.refused(self.scoring.GetSegmentPlaybook, request(account_id=self.account()),
                     NOT_FOUND, "ACCOUNT_NOT_FOUND")

    def test_neither_segment_nor_account(self):
        error = self.refused(self.scoring.GetSegmentPlaybook, request(), INVALID,
                             "INVALID_FIELDS")
        self.assertTrue(error.field_violations)

    def test_segments_that_are_none(self):
        for number in (0, 5, -1, 2**31 - 1):
            with self.subTest(number):
                self.invalid(self.scoring.GetSegmentPlaybook, request(segment=number), "segment")


if __name__ == "__main__":
    unittest.main()
