// Keys: how they are made, who they let in, and what is kept of them.
#include "service/api_keys.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "service/key_command.h"
#include "service/tenants.h"
#include "tests/service/support.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

using google::protobuf::util::TimeUtil;
using testing::ElementsAre;

CallHeaders With(const std::string& authorization) {
  CallHeaders headers;
  headers.credentials.authorization = authorization;
  return headers;
}

class ApiKeys : public testing::Test {
 protected:
  ApiKeys() { service_.clock().Set(MicrosAt("2026-05-20T12:00:00")); }

  // The secret of a key that the operator makes.
  std::string Create(const std::string& role, const std::string& tenant = "default",
                     int expire_days = 0, const std::string& certificate_name = "") {
    KeyCommand command;
    command.display_name = "test";
    command.role = role;
    command.tenant = tenant;
    command.expire_days = expire_days;
    command.certificate_name = certificate_name;
    const auto created = CreateKey(command, service_.store(), service_.clock());
    EXPECT_OK(created);
    EXPECT_OK(service_.keys().Refresh());
    last_id_ = created->api_key_id;
    return "Bearer " + created->secret;
  }

  absl::Status List(const std::string& authorization) {
    const std::string kept = authorization;
    return service_.Call<v1::ListAccountsResponse>(v1::ListAccountsRequest(), With(kept)).status();
  }

  TestService service_;
  std::string last_id_;
};

TEST(Secrets, AreRandomAndToldApart) {
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) {
    const NewSecret made = MakeSecret();
    EXPECT_TRUE(absl::StartsWith(made.secret, absl::StrCat("tmk_", made.api_key_id, "_")));
    // 256 bits in Base64.
    EXPECT_EQ(made.secret.size(), 4 + 16 + 1 + 43u);
    EXPECT_EQ(made.hash, HashOfSecret(made.secret));
    secrets.insert(made.secret);
  }
  EXPECT_EQ(secrets.size(), 100u);
}

TEST_F(ApiKeys, WithoutAny_EveryCallerIsLetIn) {
  EXPECT_OK(List(""));
  EXPECT_OK(List("Bearer whatever"));
  EXPECT_FALSE(service_.keys().required());
}

TEST_F(ApiKeys, WithOne_NobodyElseIsLetIn) {
  const std::string good = Create("viewer");
  EXPECT_OK(List(good));
  const std::string other_id = good.substr(0, 11) + "0000000000000000" + good.substr(27);
  std::string last_changed = good;
  last_changed.back() = last_changed.back() == 'A' ? 'B' : 'A';
  const std::string unsigned_jwt = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.";
  for (const std::string& bad :
       {std::string(), std::string("Bearer"), std::string("Bearer "), good.substr(7),
        "Basic " + good.substr(7), good + "x", good.substr(0, good.size() - 1), last_changed,
        other_id, unsigned_jwt, absl::StrCat("Bearer tmk_", last_id_, "_")}) {
    EXPECT_FAILS(List(bad), kUnauthenticated, "KEY_NOT_ACCEPTED");
  }
  EXPECT_OK(List("bearer " + good.substr(7)));
}

TEST_F(ApiKeys, RolesHoldWhatTheyMayAndNoMore) {
  const std::string viewer = Create("viewer");
  const std::string scorer = Create("scorer");
  const std::string administrator = Create("administrator");
  v1::UpsertAccountRequest upsert;
  upsert.set_account_id("acme");
  upsert.mutable_facts()->set_country("MX");
  const auto call = [this](const google::protobuf::Message& request,
                           google::protobuf::Message* response, const std::string& key) {
    return service_.Call(request, response, With(key));
  };
  v1::UpsertAccountResponse upserted;
  EXPECT_FAILS(call(upsert, &upserted, viewer), kPermissionDenied, "ROLE_TOO_LOW");
  EXPECT_OK(call(upsert, &upserted, scorer));
  v1::GetPolicyResponse policy;
  EXPECT_FAILS(call(v1::GetPolicyRequest(), &policy, scorer), kPermissionDenied, "ROLE_TOO_LOW");
  EXPECT_OK(call(v1::GetPolicyRequest(), &policy, administrator));
}

TEST_F(ApiKeys, AnExpiredOne_IsRefusedFromItsInstantOn) {
  const std::string key = Create("viewer", "default", 1);
  EXPECT_OK(List(key));
  service_.clock().Advance(absl::Hours(24) - absl::Microseconds(1));
  EXPECT_OK(List(key));
  service_.clock().Advance(absl::Microseconds(1));
  EXPECT_FAILS(List(key), kUnauthenticated, "KEY_NOT_ACCEPTED");
}

TEST_F(ApiKeys, Create_ShowsTheSecretOnceAndKeepsItsHash) {
  const std::string administrator = Create("administrator");
  v1::CreateApiKeyRequest request;
  request.set_display_name("CRM plugin");
  request.set_role(v1::ROLE_SCORER);
  request.set_request_id("create");
  const auto created = service_.Call<v1::CreateApiKeyResponse>(request, With(administrator));
  ASSERT_OK(created);
  EXPECT_EQ(created->api_key().display_name(), "CRM plugin");
  EXPECT_EQ(created->api_key().creator_api_key_id(), last_id_);
  EXPECT_OK(List("Bearer " + created->secret()));

  const auto repeated = service_.Call<v1::CreateApiKeyResponse>(request, With(administrator));
  ASSERT_OK(repeated);
  EXPECT_EQ(repeated->api_key().api_key_id(), created->api_key().api_key_id());
  EXPECT_EQ(repeated->secret(), "");

  const auto records = service_.store().ReadTenantRecords(kDefaultTenant, "");
  ASSERT_OK(records);
  const std::string random = created->secret().substr(21);
  for (const auto& [key, record] : *records) {
    EXPECT_FALSE(absl::StrContains(record.value, random)) << key;
  }
}

TEST_F(ApiKeys, Create_ListsEveryFault) {
  v1::CreateApiKeyRequest request;
  *request.mutable_expire_time() = TimeUtil::MicrosecondsToTimestamp(1);
  request.set_request_id(std::string(65, 'x'));
  const absl::Status status = service_.Call<v1::CreateApiKeyResponse>(request).status();
  EXPECT_FAILS(status, kInvalidArgument, "INVALID_FIELDS");
  EXPECT_THAT(FieldsOf(status), ElementsAre("display_name", "role", "expire_time", "request_id"));
}

TEST_F(ApiKeys, Create_ToValidateOnly_CreatesNone) {
  v1::CreateApiKeyRequest request;
  request.set_display_name("CRM plugin");
  request.set_role(v1::ROLE_SCORER);
  request.set_validate_only(true);
  const auto validated = service_.Call<v1::CreateApiKeyResponse>(request);
  ASSERT_OK(validated);
  EXPECT_EQ(validated->api_key().api_key_id(), "");
  EXPECT_EQ(validated->secret(), "");
  EXPECT_FALSE(service_.keys().required());
  EXPECT_EQ(service_.Call<v1::ListApiKeysResponse>(v1::ListApiKeysRequest())->api_keys_size(), 0);
}

TEST_F(ApiKeys, ARevokedOne_IsRefusedAtOnceAndForGood) {
  const std::string administrator = Create("administrator");
  const std::string key = Create("viewer");
  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id(last_id_);
  ASSERT_OK(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(administrator)));
  EXPECT_FAILS(List(key), kUnauthenticated, "KEY_NOT_ACCEPTED");
  ASSERT_OK(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(administrator)));
  service_.Restart();
  EXPECT_FAILS(List(key), kUnauthenticated, "KEY_NOT_ACCEPTED");
  EXPECT_OK(List(administrator));
  revoke.set_api_key_id("0123456789abcdef");
  EXPECT_FAILS(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(administrator)), kNotFound,
               "API_KEY_NOT_FOUND");
}

TEST_F(ApiKeys, ACallThatGoesOn_LosesItsKeyAsOthersDo) {
  Caller keyless;
  EXPECT_OK(service_.keys().CheckStillHolds(keyless));
  const std::string administrator = Create("administrator");
  EXPECT_FAILS(service_.keys().CheckStillHolds(keyless), kUnauthenticated, "KEY_NOT_ACCEPTED");

  Create("viewer", "default", 1);
  Caller viewer;
  viewer.role = Role::kViewer;
  viewer.credential = last_id_;
  EXPECT_OK(service_.keys().CheckStillHolds(viewer));
  service_.clock().Advance(absl::Hours(24));
  EXPECT_FAILS(service_.keys().CheckStillHolds(viewer), kUnauthenticated, "KEY_NOT_ACCEPTED");

  Create("viewer");
  viewer.credential = last_id_;
  EXPECT_OK(service_.keys().CheckStillHolds(viewer));
  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id(last_id_);
  EXPECT_OK(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(administrator)));
  EXPECT_FAILS(service_.keys().CheckStillHolds(viewer), kUnauthenticated, "KEY_NOT_ACCEPTED");
}

TEST_F(ApiKeys, RevokedByAnotherServer_AreRefusedWhenTheRingIsRefreshed) {
  const std::string administrator = Create("administrator");
  const std::string key = Create("viewer");
  auto other = KeyRing::Load(service_.store(), service_.clock(), false);
  ASSERT_OK(other);
  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id(last_id_);
  ASSERT_OK(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(administrator)));
  EXPECT_OK((*other)->Authenticate({key, {}}));
  ASSERT_OK((*other)->Refresh());
  EXPECT_FAILS((*other)->Authenticate({key, {}}), kUnauthenticated, "KEY_NOT_ACCEPTED");
}

TEST_F(ApiKeys, TheLastUse_IsToldAtOnceAndKeptByTheMinute) {
  const std::string administrator = Create("administrator");
  const auto last_use = [&] {
    v1::ListApiKeysRequest request;
    const auto keys = service_.Call<v1::ListApiKeysResponse>(request, With(administrator));
    EXPECT_OK(keys);
    return TimeUtil::TimestampToMicroseconds(keys->api_keys(0).last_use_time());
  };
  EXPECT_EQ(last_use(), MicrosAt("2026-05-20T12:00:00"));
  ASSERT_OK(service_.keys().KeepUses());
  service_.Restart();
  service_.clock().Set(MicrosAt("2026-05-20T12:10:00"));
  const auto kept = service_.keys().KeysOf(kDefaultTenant);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(kept[0].last_use_time()),
            MicrosAt("2026-05-20T12:00:00"));
}

TEST_F(ApiKeys, ACertificate_StandsForItsKey) {
  Create("viewer", "default", 0, "crm.example.com");
  const std::string id = last_id_;
  const std::string secret = Create("scorer");
  KeyRing& keys = service_.keys();
  const auto caller = keys.Authenticate({"", {"other.example.com", "crm.example.com"}});
  ASSERT_OK(caller);
  EXPECT_EQ(caller->credential, id);
  EXPECT_EQ(caller->role, Role::kViewer);
  EXPECT_FAILS(keys.Authenticate({"", {"other.example.com", ""}}), kUnauthenticated,
               "KEY_NOT_ACCEPTED");
  // A secret that is shown counts, and must hold.
  EXPECT_EQ(keys.Authenticate({secret, {"crm.example.com"}})->credential, last_id_);
  EXPECT_FAILS(keys.Authenticate({"Bearer wrong", {"crm.example.com"}}), kUnauthenticated,
               "KEY_NOT_ACCEPTED");
}

TEST_F(ApiKeys, ACertificate_StandsForOneKeyAtATime) {
  Create("viewer", "default", 1, "crm.example.com");
  KeyCommand again;
  again.display_name = "again";
  again.tenant = "other";
  again.certificate_name = "crm.example.com";
  EXPECT_EQ(CreateKey(again, service_.store(), service_.clock()).status().code(),
            absl::StatusCode::kAlreadyExists);
  service_.clock().Advance(absl::Hours(24));
  EXPECT_OK(CreateKey(again, service_.store(), service_.clock()));
}

TEST_F(ApiKeys, Tenants_SeeNothingOfEachOther) {
  const std::string first = Create("administrator", "first");
  const std::string second = Create("administrator", "second");
  const std::string second_id = last_id_;
  v1::UpsertAccountRequest upsert;
  upsert.set_account_id("acme");
  upsert.mutable_facts()->set_country("MX");
  ASSERT_OK(service_.Call<v1::UpsertAccountResponse>(upsert, With(first)));
  v1::GetAccountRequest get;
  get.set_account_id("acme");
  EXPECT_OK(service_.Call<v1::GetAccountResponse>(get, With(first)));
  EXPECT_FAILS(service_.Call<v1::GetAccountResponse>(get, With(second)), kNotFound,
               "ACCOUNT_NOT_FOUND");

  v1::RevokeApiKeyRequest revoke;
  revoke.set_api_key_id(second_id);
  EXPECT_FAILS(service_.Call<v1::RevokeApiKeyResponse>(revoke, With(first)), kNotFound,
               "API_KEY_NOT_FOUND");
  EXPECT_EQ(service_.Call<v1::ListApiKeysResponse>(v1::ListApiKeysRequest(), With(first))
                ->api_keys_size(),
            1);

  // What one decides does not hold for the other, now and after a restart.
  v1::GetPolicyRequest ask;
  v1::UpdatePolicyRequest update;
  *update.mutable_policy() = service_.Call<v1::GetPolicyResponse>(ask, With(first))->policy();
  update.mutable_policy()->set_version(0);
  update.mutable_policy()->set_home_country("BR");
  ASSERT_OK(service_.Call<v1::UpdatePolicyResponse>(update, With(first)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(service_.Call<v1::GetPolicyResponse>(ask, With(first))->policy().home_country(),
              "BR");
    EXPECT_NE(service_.Call<v1::GetPolicyResponse>(ask, With(second))->policy().home_country(),
              "BR");
    service_.Restart();
  }
}

TEST_F(ApiKeys, ListApiKeys_IsPaged) {
  const std::string administrator = Create("administrator");
  for (int i = 0; i < 4; ++i) Create("viewer");
  v1::ListApiKeysRequest request;
  request.set_page_size(2);
  std::set<std::string> ids;
  int pages = 0;
  do {
    const auto page = service_.Call<v1::ListApiKeysResponse>(request, With(administrator));
    ASSERT_OK(page);
    for (const v1::ApiKey& key : page->api_keys()) ids.insert(key.api_key_id());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(pages, 3);
}

TEST_F(ApiKeys, AList_GoesOnWithAnotherKey) {
  const std::string first = Create("viewer");
  const std::string second = Create("viewer");
  const std::string scorer = Create("scorer");
  for (const char* account_id : {"a", "b", "c"}) {
    v1::UpsertAccountRequest upsert;
    upsert.set_account_id(account_id);
    upsert.mutable_facts()->set_country("MX");
    ASSERT_OK(service_.Call<v1::UpsertAccountResponse>(upsert, With(scorer)));
  }
  v1::ListAccountsRequest list;
  list.set_page_size(2);
  const auto page = service_.Call<v1::ListAccountsResponse>(list, With(first));
  ASSERT_OK(page);
  list.set_page_token(page->next_page_token());
  const auto rest = service_.Call<v1::ListAccountsResponse>(list, With(second));
  ASSERT_OK(rest);
  EXPECT_EQ(rest->accounts_size(), 1);
}

TEST_F(ApiKeys, TooManyLiveOnes_AreRefused) {
  for (int i = 0; i < kLiveKeysMax; ++i) {
    store::v1::StoredApiKey stored;
    stored.mutable_key()->set_api_key_id(absl::StrCat("key", i));
    service_.keys().Put(kDefaultTenant, stored);
  }
  const std::string administrator = Create("administrator");
  v1::CreateApiKeyRequest request;
  request.set_display_name("one more");
  request.set_role(v1::ROLE_VIEWER);
  EXPECT_FAILS(service_.Call<v1::CreateApiKeyResponse>(request, With(administrator)),
               kFailedPrecondition, "TOO_MANY_KEYS");
}

TEST(TenantNames, AreLowerCaseWords) {
  for (const char* good : {"a", "acme", "acme-2", "0"}) EXPECT_OK(ValidateTenantName(good));
  for (const std::string& bad : {std::string(), std::string("Acme"), std::string("a/b"),
                                 std::string("a b"), std::string(64, 'a')}) {
    EXPECT_FALSE(ValidateTenantName(bad).ok()) << bad;
  }
}

TEST(TenantNumbers, AreGivenOnce) {
  TestService service;
  const auto acme = FindOrCreateTenant(service.store(), "acme");
  const auto other = FindOrCreateTenant(service.store(), "other");
  ASSERT_OK(acme);
  ASSERT_OK(other);
  EXPECT_NE(*acme, *other);
  EXPECT_NE(*acme, kDefaultTenant);
  EXPECT_EQ(*FindOrCreateTenant(service.store(), "acme"), *acme);
  EXPECT_EQ(*FindOrCreateTenant(service.store(), "default"), kDefaultTenant);
  const auto tenants = ReadTenants(service.store());
  ASSERT_OK(tenants);
  ASSERT_EQ(tenants->size(), 3u);
  EXPECT_EQ((*tenants)[0].name(), "acme");
  EXPECT_EQ((*tenants)[1].name(), "default");
}

}  // namespace
}  // namespace tiermark
