"""The audit log through the running server: every act, and whose it was, latest first.

TIERMARK_AUDIT_SEED repeats a run's choices.
"""
import json
import os
import random
import unittest

from google.protobuf import json_format

from auth_support import RPCS, all_callers, bearer, create_key, id_of
from server import Server
from support import fintech

SEED = int(os.environ.get("TIERMARK_AUDIT_SEED", random.randrange(1 << 32)))
ROUNDS = 40
SEGMENTATION = "account-segmentation"


class AuditTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.keys = [create_key(self.server, name=f"key-{i}") for i in range(2)]
        self.elsewhere = create_key(self.server, tenant="elsewhere")
        # (whose, RPC, request), the latest last.
        self.acts = [("", "tiermarkd key create", None)] * 2
        self.start()
        self.random = random.Random(SEED)

    def start(self):
        self.server.start()
        self.callers = all_callers(self.server)
        for caller in self.callers:
            self.addCleanup(caller.close)

    def kill(self):
        self.server.kill()
        for caller in self.callers:
            caller.close()
        self.start()

    def call(self, name, secret, caller=None, **fields):
        rpc = RPCS[name]
        return (caller or self.callers[0]).call(rpc, rpc.request(**fields), bearer(secret))

    def act(self, name, **fields):
        """An act of one of the keys, over one of the front ends."""
        secret = self.random.choice(self.keys)
        request = RPCS[name].request(**fields)
        outcome = self.random.choice(self.callers).call(RPCS[name], request, bearer(secret))
        self.acts.append((id_of(secret), RPCS[name].name, request))
        return outcome.answer

    def acts_of_all_kinds(self):
        model = self.call("GetModel", self.keys[0], model_id=SEGMENTATION).answer.model
        policy = self.call("GetPolicy", self.keys[0]).answer.policy
        rates = self.call("GetExchangeRates", self.keys[0]).answer.exchange_rates
        playbook = self.call("GetSegmentPlaybook", self.keys[0], segment=2).answer.playbook
        policy.version = rates.version = 0
        model.model_id = "tried"
        self.act("UpdatePolicy", policy=policy)
        self.act("UpdateExchangeRates", exchange_rates=rates)
        self.act("UpdateSegmentPlaybook", playbook=playbook)
        draft = self.act("CreateDraft", model=model).info.draft_id
        model.display_name = "Tried"
        self.act("UpdateDraft", draft_id=draft, model=model)
        self.act("PublishModel", draft_id=draft)
        self.act("RetireModel", model_id="tried")
        other = self.act("CreateDraft", model=model).info.draft_id
        self.act("DeleteDraft", draft_id=other)
        made = self.act("CreateApiKey", display_name="made", role=1)
        self.act("RevokeApiKey", api_key_id=made.api_key.api_key_id)
        self.call("UpsertAccount", self.keys[0], account_id="gone", facts=fintech())
        self.act("DeleteAccount", account_id="gone")

    def listed(self, page_size=1_000, caller=None, secret=None, **fields):
        entries, token = [], ""
        while True:
            page = self.call("ListAuditEntries", secret or self.keys[0], caller,
                             page_size=page_size, page_token=token, **fields).answer
            entries += page.audit_entries
            token = page.next_page_token
            if not token:
                return entries

    def assert_all_are_there(self):
        entries = self.listed()
        self.assertEqual([(e.api_key_id, e.rpc) for e in reversed(entries)],
                         [(whose, rpc) for whose, rpc, _ in self.acts],
                         f"TIERMARK_AUDIT_SEED={SEED}")
        for entry, (_, rpc, request) in zip(reversed(entries), self.acts):
            if request is not None:
                read = json_format.Parse(entry.request_json, type(request)())
                self.assertEqual(read, request, rpc)
        numbers = [int(entry.audit_entry_id) for entry in entries]
        self.assertEqual(numbers, sorted(set(numbers), reverse=True))
        times = [entry.act_time.ToNanoseconds() for entry in entries]
        self.assertEqual(times, sorted(times, reverse=True))
        return entries

    def test_every_kind_of_act_is_told_also_after_a_crash(self):
        self.acts_of_all_kinds()
        before = self.assert_all_are_there()
        kinds = {name for name, rpc in RPCS.items() if "request_id"
                 in rpc.request.DESCRIPTOR.fields_by_name}
        told = {rpc.rpartition("/")[2] for _, rpc, _ in self.acts}
        by_scorers = {"ClearOverride", "EvaluateAccount", "OverrideSegment", "RecordTransactions",
                      "ReportAccountEvent", "SetAccountStanding", "SetLifecycleStage",
                      "UpsertAccount"}
        self.assertEqual(kinds - by_scorers, told - {"tiermarkd key create"})
        self.kill()
        self.assertEqual(self.assert_all_are_there(), before)

    def test_the_operators_acts_are_told_between_those_of_keys(self):
        self.act("CreateApiKey", display_name="made", role=1)
        self.server.kill()
        secret = create_key(self.server, "viewer", name="by the operator", expire_days=3)
        self.acts.append(("", "tiermarkd key create", None))
        self.start()
        self.act("RevokeApiKey", api_key_id=id_of(secret))
        entries = self.assert_all_are_there()
        told = json.loads(entries[1].request_json)
        self.assertEqual((told["displayName"], told["role"]), ("by the operator", "ROLE_VIEWER"))
        self.assertIn("expireTime", told)

    def test_acts_at_random_with_crashes_between(self):
        for number in range(ROUNDS):
            kind = self.random.choice(["policy", "key", "key", "crash", "fails", "repeat"])
            if kind == "policy":
                policy = self.call("GetPolicy", self.keys[0]).answer.policy
                policy.version, policy.high_value_mrr = 0, str(number)
                self.act("UpdatePolicy", policy=policy)
            elif kind == "key":
                self.act("CreateApiKey", display_name=f"made {number}", role=1)
            elif kind == "repeat":
                again = dict(display_name=f"made {number}", role=1, request_id=f"r{number}")
                self.act("CreateApiKey", **again)
                # The same key's: an act that is sent again is one act.
                secret = next(s for s in self.keys if id_of(s) == self.acts[-1][0])
                self.assertTrue(self.call("CreateApiKey", secret, **again).ok)
            elif kind == "fails":
                self.assertFalse(self.call("CreateApiKey", self.keys[0]).ok)
                self.assertFalse(self.call("RevokeApiKey", self.keys[1], api_key_id="0" * 16).ok)
                self.assertTrue(self.call("CreateApiKey", self.keys[0], display_name="not made",
                                          role=1, validate_only=True).ok)
            elif self.random.random() < 0.3:
                self.kill()
        self.kill()
        self.assert_all_are_there()

    def test_pages_and_filters_show_the_same(self):
        for number in range(7):
            self.act("CreateApiKey", display_name=f"made {number}", role=1)
        entries = self.assert_all_are_there()
        for caller in self.callers:
            self.assertEqual(self.listed(page_size=2, caller=caller), entries)
            for secret in self.keys:
                self.assertEqual(
                    self.listed(page_size=1, caller=caller, api_key_id=id_of(secret)),
                    [e for e in entries if e.api_key_id == id_of(secret)])
            middle = entries[3].act_time
            self.assertEqual(self.listed(caller=caller, start_time=middle), entries[:4])
            self.assertEqual(self.listed(caller=caller, end_time=middle), entries[4:])

    def test_reads_and_what_others_do_are_no_acts(self):
        before = self.listed()
        for _ in range(3):
            self.call("ListApiKeys", self.keys[0])
            self.call("GetPolicy", self.keys[1])
        self.call("UpsertAccount", self.keys[0], account_id="a", facts=fintech())
        self.call("CreateApiKey", self.elsewhere, display_name="elsewhere", role=1)
        self.assertEqual(self.listed(), before)
        self.assertEqual([e.rpc for e in self.listed(secret=self.elsewhere)],
                         ["tiermark.v1.AdminService/CreateApiKey", "tiermarkd key create"])

    def test_no_secret_is_in_it(self):
        made = self.act("CreateApiKey", display_name="made", role=1)
        text = str(self.listed())
        for secret in (made.secret, *self.keys):
            self.assertNotIn(secret, text)
            self.assertNotIn(secret.split("_", 2)[2], text)


if __name__ == "__main__":
    unittest.main()
