// The table of roles, against what there is to be called; and the audit log, against what
// administrators may do.
#include "service/roles.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/dynamic_message.h"
#include "tests/service/support.h"
#include "tiermark/v1/admin_service.pb.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {
namespace {

std::set<std::string> RpcsOfTheContract() {
  std::set<std::string> rpcs;
  for (const auto* file :
       {v1::EvaluateAccountRequest::descriptor()->file(),
        v1::GetAccountRequest::descriptor()->file(), v1::GetPolicyRequest::descriptor()->file(),
        v1::ListModelsRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        rpcs.insert(
            absl::StrCat(file->service(i)->full_name(), "/", file->service(i)->method(j)->name()));
      }
    }
  }
  return rpcs;
}

TEST(Roles, StandForEveryRpcAndNoOther) {
  std::set<std::string> in_table;
  for (const auto& [rpc, role] : RolesOfRpcs()) in_table.insert(rpc);
  EXPECT_EQ(in_table, RpcsOfTheContract());
}

TEST(Roles, EveryRpcIsServed) {
  TestService service;
  std::set<std::string> served;
  for (const auto& [rpc, method] : service.methods().methods()) {
    served.insert(rpc);
    EXPECT_EQ(method.role, RolesOfRpcs().at(rpc)) << rpc;
  }
  EXPECT_EQ(served, RpcsOfTheContract());
}

TEST(Roles, WhatIsNotInTheTableIsForAdministrators) {
  EXPECT_EQ(RoleOfRpc("tiermark.v1.ScoringService/Unheard"), Role::kAdministrator);
}

// Every call of an administrator's that changes something, in an order in which all of them work.
std::vector<std::unique_ptr<google::protobuf::Message>> ActsOfAdministrators(TestService& service) {
  std::vector<std::unique_ptr<google::protobuf::Message>> acts;
  const auto add = [&acts](const auto& request) {
    acts.push_back(std::make_unique<std::decay_t<decltype(request)>>(request));
  };
  v1::UpdatePolicyRequest policy;
  *policy.mutable_policy() = service.Call<v1::GetPolicyResponse>(v1::GetPolicyRequest())->policy();
  policy.mutable_policy()->set_version(0);
  add(policy);
  v1::UpdateExchangeRatesRequest rates;
  *rates.mutable_exchange_rates() =
      service.Call<v1::GetExchangeRatesResponse>(v1::GetExchangeRatesRequest())->exchange_rates();
  rates.mutable_exchange_rates()->set_version(0);
  add(rates);
  v1::GetSegmentPlaybookRequest smb;
  smb.set_segment(v1::SEGMENT_SMB);
  v1::UpdateSegmentPlaybookRequest playbook;
  *playbook.mutable_playbook() = service.Call<v1::GetSegmentPlaybookResponse>(smb)->playbook();
  playbook.mutable_playbook()->set_version(0);
  add(playbook);
  v1::CreateDraftRequest create;
  create.mutable_copy_of()->set_model_id("lead-scoring");
  add(create);
  add(create);
  v1::UpdateDraftRequest update;
  update.set_draft_id("lead-scoring.1");
  v1::GetModelRequest model;
  model.set_model_id("lead-scoring");
  *update.mutable_model() = service.Call<v1::GetModelResponse>(model)->model();
  update.mutable_model()->set_version(0);
  add(update);
  v1::DeleteDraftRequest discard;
  discard.set_draft_id("lead-scoring.2");
  add(discard);
  v1::PublishModelRequest publish;
  publish.set_draft_id("lead-scoring.1");
  add(publish);
  v1::RetireModelRequest retire;
  retire.set_model_id("lead-scoring");
  add(retire);
  v1::DeleteAccountRequest erase;
  erase.set_account_id("acme");
  add(erase);
  v1::CreateApiKeyRequest key;
  key.set_display_name("CRM plugin");
  key.set_role(v1::ROLE_ADMINISTRATOR);
  add(key);
  return acts;
}

TEST(Audit, TellsEveryActOfAdministrators) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  v1::AccountFacts facts;
  facts.set_country("MX");
  ASSERT_OK(service.Upsert("acme", facts));
  std::vector<std::string> expected;
  std::set<std::string> acted;
  CallHeaders headers;
  headers.own = true;
  std::string api_key_id;
  for (const auto& request : ActsOfAdministrators(service)) {
    for (const auto& [rpc, method] : service.methods().methods()) {
      if (method.descriptor->input_type() != request->GetDescriptor()) continue;
      const std::unique_ptr<google::protobuf::Message> response(method.response_prototype->New());
      ASSERT_OK(service.Call(*request, response.get(), headers)) << rpc;
      expected.insert(expected.begin(), rpc);
      acted.insert(rpc);
      if (const auto* created = dynamic_cast<v1::CreateApiKeyResponse*>(response.get())) {
        api_key_id = created->api_key().api_key_id();
      }
    }
  }
  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id(api_key_id);
  v1::RevokeApiKeyResponse revoked;
  ASSERT_OK(service.Call(revoke, &revoked, headers));
  expected.insert(expected.begin(), "tiermark.v1.AdminService/RevokeApiKey");
  acted.insert("tiermark.v1.AdminService/RevokeApiKey");

  v1::ListAuditEntriesResponse log;
  ASSERT_OK(service.Call(v1::ListAuditEntriesRequest(), &log, headers));
  std::vector<std::string> told;
  for (const v1::AuditEntry& entry : log.audit_entries()) {
    told.push_back(entry.rpc());
    EXPECT_NE(entry.request_json(), "") << entry.rpc();
  }
  EXPECT_EQ(told, expected);

  // None that changes something is missing here.
  for (const auto& [rpc, role] : RolesOfRpcs()) {
    const std::string name = rpc.substr(rpc.find('/') + 1);
    const bool reads =
        name.rfind("Get", 0) == 0 || name.rfind("List", 0) == 0 || name.rfind("Simulate", 0) == 0;
    EXPECT_EQ(acted.count(rpc) == 1, role == Role::kAdministrator && !reads) << rpc;
  }
}

TEST(Audit, SaysWhoseActItWas_AndKeepsNoSecret) {
  TestService service;
  service.clock().Set(MicrosAt("2026-05-20T12:00:00"));
  v1::CreateApiKeyRequest key;
  key.set_display_name("CRM plugin");
  key.set_role(v1::ROLE_ADMINISTRATOR);
  const auto created = service.Call<v1::CreateApiKeyResponse>(key);
  ASSERT_OK(created);
  const std::string authorization = "Bearer " + created->secret();
  CallHeaders headers;
  headers.credentials.authorization = authorization;
  key.set_display_name("Another");
  ASSERT_OK(service.Call<v1::CreateApiKeyResponse>(key, headers));
  v1::ListAuditEntriesRequest request;
  request.set_api_key_id(created->api_key().api_key_id());
  const auto log = service.Call<v1::ListAuditEntriesResponse>(request, headers);
  ASSERT_OK(log);
  ASSERT_EQ(log->audit_entries_size(), 1);
  EXPECT_THAT(log->audit_entries(0).request_json(), testing::HasSubstr("Another"));
  EXPECT_THAT(log->audit_entries(0).ShortDebugString(),
              testing::Not(testing::HasSubstr(created->secret().substr(21))));
}

TEST(Audit, CallsThatFailOrOnlyValidate_LeaveNoEntry) {
  TestService service;
  v1::CreateApiKeyRequest key;
  key.set_display_name("CRM plugin");
  key.set_role(v1::ROLE_VIEWER);
  key.set_validate_only(true);
  ASSERT_OK(service.Call<v1::CreateApiKeyResponse>(key));
  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id("0123456789abcdef");
  EXPECT_FALSE(service.Call<v1::RevokeApiKeyResponse>(revoke).ok());
  EXPECT_EQ(service.Call<v1::ListAuditEntriesResponse>(v1::ListAuditEntriesRequest())
                ->audit_entries_size(),
            0);
}

}  // namespace
}  // namespace tiermark
